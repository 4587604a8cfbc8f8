"""`sample`: responses of a model of one's own, scored, into a file that `coverage` reads."""

from typing import TYPE_CHECKING

import click

from explore_theory.cli.mistakes import Whole, one_line_errors, stands
from explore_theory.cli.saying import say, written_over
from explore_theory.foundation.processors import processors

if TYPE_CHECKING:
    from explore_theory.models.causal import Decoding
    from explore_theory.samples.drawing.drawing import Done, OfCausal, OfNGram

#: Options that are about one kind of model alone.
_OF_NETWORKS = ("device", "dtype", "batch", "threads")
_OF_NGRAMS = ("order",)


@click.command()
@click.argument("model", required=False, metavar="[MODEL_DIR]")
@click.option(
    "--ngram", metavar="FILE", help="In place of a model: an n-gram model of the characters of a text."
)
@click.option("--order", type=Whole(min=1), default=3, show_default=True, help="Of the n-gram model.")
@click.option(
    "--prompts", required=True, metavar="FILE", help="A prompt a line, or JSON lines with 'prompt'."
)
@click.option("--n", "count", type=Whole(min=1), required=True, metavar="N", help="Responses to each prompt.")
@click.option("--reward", required=True, metavar="FILE:FUNCTION", help="Called with a prompt and a response.")
@click.option(
    "--max-tokens",
    type=Whole(min=1),
    default=64,
    show_default=True,
    help="Longer responses are cut, and marked.",
)
@click.option(
    "--temperature", type=float, default=1.0, show_default=True, help="0 takes the likeliest token."
)
@click.option("--top-k", type=Whole(min=1), help="Only the K likeliest tokens.")
@click.option("--top-p", type=float, help="Only the likeliest tokens that have mass P together.")
@click.option("--min-p", type=float, help="Only tokens with P times the mass of the likeliest.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option("--dtype", default="float32", show_default=True, help="Type of numbers of the model.")
@click.option(
    "--batch", type=Whole(min=1), default=64, show_default=True, help="Responses drawn side by side."
)
@click.option("--threads", type=Whole(min=1), help="Of the processor (default: all).")
@click.option("--seed", type=Whole(min=0), default=0, show_default=True)
@click.option(
    "--out", default="samples.jsonl", show_default=True, metavar="FILE", help="Gone on with if there."
)
@one_line_errors
def sample(
    model: str | None,
    ngram: str | None,
    order: int,
    prompts: str,
    count: int,
    reward: str,
    max_tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    device: str,
    dtype: str,
    batch: int,
    threads: int | None,
    seed: int,
    out: str,
) -> None:
    """Draw responses of a language model to prompts, and score them.

    MODEL_DIR is a folder with a causal model of transformers (safetensors) and its tokenizer. By default
    tokens are drawn from the model's own law, whatever its generation settings say; the file tells the law,
    and for each response its log-probability and whether it ended by itself. `coverage` reads it.

    \b
    explore-theory sample MODEL_DIR --prompts prompts.txt --n 64 --reward mine.py:right
    explore-theory sample --ngram book.txt --prompts prompts.txt --n 64 --reward mine.py:right

    A run that is broken off leaves whole lines, and the same call goes on with the file. A draw is named by
    its prompt, its number and the seed: more of them are others.

    \b
    Exit code: 0; 2 for a mistake in the call; 130 interrupted.
    """
    from explore_theory.models.causal import Decoding
    from explore_theory.samples.drawing.drawing import draw_into
    from explore_theory.samples.drawing.growing import GrowingFile
    from explore_theory.samples.drawing.prompts import read_prompts
    from explore_theory.samples.drawing.rewarding import reward_at, reward_named

    if (model is None) == (ngram is None):
        got = "neither" if model is None else "both"
        raise click.UsageError(f"exactly one of MODEL_DIR and --ngram must be given, got {got}")
    others, only = (_OF_NETWORKS, "MODEL_DIR") if model is None else (_OF_NGRAMS, "--ngram")
    if vain := [f"--{name}" for name in others if stands(name)]:
        raise click.UsageError(f"{', '.join(vain)} must go with {only}, which it is about, got none")
    # What is wrong with the call is said before a model is loaded.
    decoding = Decoding(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    asked, score = read_prompts(prompts), reward_at(reward)
    sampler: OfCausal | OfNGram
    if model is not None:
        sampler = _causal(model, decoding, device=device, dtype=dtype, threads=threads)
        sampler.max_tokens, sampler.seed, sampler.together = max_tokens, seed, batch
    else:
        sampler = _ngram(str(ngram), order, decoding)
        sampler.length, sampler.seed = max_tokens, seed
    with GrowingFile(out, sampler.law, reward=reward_named(reward)) as file:
        if file.mended:
            say(f"The last line of {out} was broken off; that draw is drawn again.", err=True)
        with written_over() as show:
            heard = None if show is None else lambda done: show(_progress(done))
            done = draw_into(file, sampler, asked, count, score, progress=heard)
    _tell(sampler, done, out)


def _causal(model: str, decoding: "Decoding", *, device: str, dtype: str, threads: int | None) -> "OfCausal":
    from explore_theory.models.causal import CausalModel
    from explore_theory.models.causal.libraries import library
    from explore_theory.samples.drawing.drawing import OfCausal

    opened = CausalModel.open(model, device=device, dtype=dtype)
    # The command line keeps numerical libraries to one thread, which is too few for a network.
    library("torch").set_num_threads(threads or processors())
    sampler = OfCausal(model=opened, decoding=decoding, max_tokens=1, seed=0, together=1)
    say(f"{opened.name}, on {device}. Drawn: {sampler.decoding}.")
    if sampler.decoding.top_k != decoding.top_k:
        say(f"--top-k {decoding.top_k} cuts nothing: the model has {opened.vocabulary:,} tokens.")
    say(opened.would_have)
    if not opened.ends:
        say("The model has no token that ends a response: all are cut.")
    if not opened.cached:
        say("It cannot go on from what it has read here, so every token costs a pass over its prefix.")
    return sampler


def _ngram(path: str, order: int, decoding: "Decoding") -> "OfNGram":
    from hashlib import blake2b

    from explore_theory.models import NGram
    from explore_theory.models.text import read_text
    from explore_theory.samples.drawing.drawing import OfNGram

    text = read_text(path)
    fitted = NGram.fit(text, order)
    if not decoding.over(fitted.tokens).neutral:
        raise click.UsageError("--ngram draws from the model's own law: no temperature or cut goes with it")
    name = f"NGram order {order} of text {blake2b(text.encode(), digest_size=6).hexdigest()}"
    say(f"{name}: {fitted.tokens} characters. Drawn: the model's own law. No response ends: all are cut.")
    if decoding.top_k is not None:
        say(f"--top-k {decoding.top_k} cuts nothing: the model has {fitted.tokens} characters.")
    return OfNGram(model=fitted, name=name, length=1, seed=0, together=1 << 12)


def _tell(sampler: "OfCausal | OfNGram", done: "Done", out: str) -> None:
    """What was drawn, how fast, how exactly."""
    if done.draws == 0:
        say(f"Nothing is drawn: all {done.there:,} responses asked for were there. {out} is as it was.")
        return
    there = f", {done.there:,} were there" if done.there else ""
    say(
        f"{done.draws:,} responses drawn{there}: {done.tokens:,} tokens in {done.seconds:.3g} s, "
        f"{done.rate:,.0f} a second."
    )
    if (band := getattr(sampler, "band", None)) is not None:
        say(f"Log-probabilities are within {band:.1e} a token of a plain pass, in the responses drawn first.")
    say(f"Written: {out}")


def _progress(done: "Done") -> str:
    return f"{done.draws:,} responses, {done.rate:,.0f} tokens a second"
