"""Characters beyond ASCII as LaTeX that every engine and the plain kernel know."""

#: Greek letters by their Unicode places, where LaTeX has a command; those that look Latin are Latin.
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ϵ": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ϖ": "varpi", "ρ": "rho", "ϱ": "varrho", "σ": "sigma",
    "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "ϕ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "µ": "mu",
}  # fmt: skip
_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))

_SYMBOLS = {
    "≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "≡": "equiv", "≅": "cong", "∼": "sim", "≃": "simeq",
    "∝": "propto", "≪": "ll", "≫": "gg", "≺": "prec", "≻": "succ", "≼": "preceq", "≽": "succeq",
    "∈": "in", "∉": "notin", "∋": "ni", "⊂": "subset", "⊃": "supset", "⊆": "subseteq", "⊇": "supseteq",
    "∪": "cup", "∩": "cap", "∖": "setminus", "∅": "emptyset", "∀": "forall", "∃": "exists", "¬": "neg",
    "∧": "wedge", "∨": "vee", "⊕": "oplus", "⊗": "otimes", "⊥": "perp", "⊤": "top", "⊢": "vdash",
    "→": "rightarrow", "←": "leftarrow", "↔": "leftrightarrow", "⇒": "Rightarrow", "⇐": "Leftarrow",
    "⇔": "Leftrightarrow", "↦": "mapsto", "↑": "uparrow", "↓": "downarrow", "⟶": "longrightarrow",
    "∞": "infty", "∑": "sum", "∏": "prod", "∫": "int", "√": "surd", "∂": "partial", "∇": "nabla",
    "±": "pm", "∓": "mp", "×": "times", "·": "cdot", "⋅": "cdot", "÷": "div", "∘": "circ", "∗": "ast",
    "⋆": "star", "★": "star", "•": "bullet", "‖": "Vert", "∥": "Vert", "∣": "mid", "′": "prime", "ℓ": "ell",
    "ℏ": "hbar", "ℜ": "Re", "ℑ": "Im", "ℵ": "aleph", "⟨": "langle", "⟩": "rangle", "⌊": "lfloor",
    "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil", "†": "dagger", "‡": "ddagger", "⋯": "cdots", "⋮": "vdots",
    "⋱": "ddots", "−": "mathord-", "≔": "mathrel{:=}", "⁄": "mathord/", "∕": "mathord/",
    "°": "mathord{^\\circ}",
}  # fmt: skip
#: Letters with double strokes: bold, since the kernel has no others.
_DOUBLE = dict(zip("ℂℍℕℙℚℝℤ𝔼𝟙", "CHNPQRZE1", strict=True))
_SCRIPT = dict(zip("ℱℋℒℛℬℰℳ𝒜𝒟𝒳𝒴", "FHLRBEMADXY", strict=True))
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ", "0123456789+-=()niT", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙᵢₖₘₜ", "0123456789+-=()nikmt", strict=True))

_TEXT = {
    "–": "--", "—": "---", "‐": "-", "‑": "-", "‘": "`", "’": "'", "“": "``", "”": "''", "„": ",,",
    "…": "\\ldots{}", "§": "\\S{}", "¶": "\\P{}", "©": "\\copyright{}", "£": "\\pounds{}",
    "ß": "\\ss{}", "æ": "\\ae{}", "Æ": "\\AE{}", "œ": "\\oe{}", "Œ": "\\OE{}", "ø": "\\o{}", "Ø": "\\O{}",
    "ł": "\\l{}", "Ł": "\\L{}", "ı": "\\i{}", "¡": "!`", "¿": "?`", "½": "1/2", "¼": "1/4", "¾": "3/4",
}  # fmt: skip

#: Characters of ASCII that LaTeX, or a language's shorthands, would read as something else than themselves.
_ASCII = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%",
    "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", '"': "\\symbol{34}",
    "`": "\\symbol{96}", "<": "\\ensuremath{<}", ">": "\\ensuremath{>}", "|": "\\ensuremath{|}",
    # After a line's end these would be its arguments, in an optional one the first would end it.
    "[": "{[}", "]": "{]}", "*": "{*}",
}  # fmt: skip

#: One character of text as LaTeX.
GLYPHS: dict[str, str] = {
    **_ASCII,
    **_TEXT,
    **_LATIN,
    **{one: f"\\ensuremath{{\\{name}}}" for one, name in (_GREEK | _SYMBOLS).items()},
    **{one: f"\\ensuremath{{\\mathbf{{{letter}}}}}" for one, letter in _DOUBLE.items()},
    **{one: f"\\ensuremath{{\\mathcal{{{letter}}}}}" for one, letter in _SCRIPT.items()},
    **{one: f"\\ensuremath{{^{{{letter}}}}}" for one, letter in _RAISED.items()},
    **{one: f"\\ensuremath{{_{{{letter}}}}}" for one, letter in _LOWERED.items()},
}

#: Marks that combine with the character before them.
ACCENTS: dict[str, str] = {
    "\u0300": "\\`", "\u0301": "\\'", "\u0302": "\\^", "\u0303": "\\~", "\u0304": "\\=", "\u0306": "\\u",
    "\u0307": "\\.", "\u0308": '\\"', "\u030a": "\\r", "\u030b": "\\H", "\u030c": "\\v", "\u0323": "\\d",
    "\u0327": "\\c", "\u0331": "\\b",
}  # fmt: skip
