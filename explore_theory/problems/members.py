"""The members that files of problems share: what kind of file it is, and the noise law; checked by name.

Used with `storage`, which reads and writes the arrays themselves.
"""

from collections.abc import Collection

import numpy.typing as npt

from explore_theory._package import VERSION
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of, real_array
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.storage import Array

#: Members that are not parameters of the problem.
HEADER = ("format", "version", "noise", "noise_scale")
_TEXTS = ("format", "noise")


def header_of(format: str, version: int, noise: NoiseLaw) -> dict[str, npt.ArrayLike]:
    """The members `HEADER` of a file to be written.

    Raises
    ------
    InvalidProblem
        If the noise law is not one of this package.
    """
    if type(noise) not in (Gaussian, Bernoulli, NoNoise):
        raise InvalidProblem(f"noise must be a law of this package to be saved, got noise={noise!r}")
    members: dict[str, npt.ArrayLike] = {"format": format, "version": version, "noise": noise.name}
    if isinstance(noise, Gaussian):
        members["noise_scale"] = noise.scale
    return members


def require_members(
    arrays: dict[str, Array],
    format: str,
    version: int,
    needed: Collection[str],
    optional: Collection[str] = (),
    *,
    newest: int,
) -> None:
    """Refuse a file of another kind, or without some array, or with one that does not belong there.

    `version` is the one that has these members, `newest` the newest of this kind that there is.
    """
    if "version" in arrays and arrays["version"].dtype.kind != "U":
        # Before anything else: what a later version holds is not known here.
        require_known(scalar("version", arrays["version"]), newest)
    required = ("format", "version", *needed, "noise")
    if missing := [name for name in required if name not in arrays]:
        raise InvalidProblem(f"the file must hold {', '.join(required)}, got no {', '.join(missing)}")
    if unknown := sorted(set(arrays) - {*required, *optional, "noise_scale"}):
        raise InvalidProblem(f"the file must hold nothing but the arrays of a problem, got {unknown[0]!r}")
    for name, values in arrays.items():
        if (values.dtype.kind == "U") != (name in _TEXTS):
            kind = "text" if name in _TEXTS else "numbers"
            raise InvalidProblem(f"{name} must hold {kind}, got {name}.dtype={str(values.dtype)!r}")
    if (found := text("format", arrays["format"])) != format:
        raise InvalidProblem(f"format must be {format!r}, got format={found!r}")
    if (number := scalar("version", arrays["version"])) != version:
        raise InvalidProblem(f"version must be {version}, got version={number:g}")


def require_known(version: float, newest: int) -> None:
    """Refuse a file of a version later than `newest`.

    Raises
    ------
    InvalidProblem
        One line that says which version it is, and which this release reads.
    """
    if version > newest:
        raise InvalidProblem(
            f"version must be at most {newest}, the newest that explore-theory {VERSION} reads, "
            f"got version={version:g} (install a later explore-theory)"
        )


def noise_of(arrays: dict[str, Array]) -> NoiseLaw:
    """The noise law of a file that was read."""
    name = one_of("noise", text("noise", arrays["noise"]), ("none", "bernoulli", "gaussian"))
    if ("noise_scale" in arrays) != (name == "gaussian"):
        raise InvalidProblem(f"noise_scale must be given with gaussian noise only, got noise={name!r}")
    if name == "gaussian":
        return Gaussian(scalar("noise_scale", arrays["noise_scale"]))
    return Bernoulli() if name == "bernoulli" else NoNoise()


def scalar(name: str, values: Array) -> float:
    """The one number of a member."""
    if values.shape != ():
        raise InvalidProblem(f"{name} must be a single number, got {name}.shape={values.shape}")
    return float(real_array(name, values))


def text(name: str, values: Array) -> str:
    """The one text of a member."""
    if values.shape != ():
        raise InvalidProblem(f"{name} must be a single text, got {name}.shape={values.shape}")
    return str(values)
