"""What TeX's commands look like in Unicode: tables only. How TeX is read is the job of `latex`."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase


def table(pairs: str) -> dict[str, str]:
    """A table whose keys and values are written one after the other."""
    parts = pairs.split()
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


LETTERS = table(
    "o ø O Ø l ł L Ł ss ß SS ẞ ae æ AE Æ oe œ OE Œ aa å AA Å i ı j ȷ dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ "
    "textdegree ° textmu µ micro µ textohm Ω "
    "textperiodcentered · textdagger † textdaggerdbl ‡ textsection § textparagraph ¶ texttimes × textpm ± "
    "textdiv ÷ textrightarrow → textleftarrow ← textuparrow ↑ textdownarrow ↓ textonehalf ½ textonequarter ¼ "
    "textthreequarters ¾ textcelsius °C textperthousand ‰ textyen ¥ textcent ¢ textsterling £ "
    "textquestiondown ¿ textexclamdown ¡ guillemotleft « guillemotright » guillemetleft « guillemetright » "
    "guilsinglleft ‹ guilsinglright › quotedblbase „ quotesinglbase ‚ textpercent % textnumero № "
    "textvisiblespace ␣ textbraceleft { textbraceright } textasteriskcentered ∗ textlangle ⟨ textrangle ⟩ "
    "textminus − textsurd √ glqq „ grqq “ flqq « frqq » glq ‚ grq ‘"
)
"""Letters of text; like TeX they swallow the space behind them."""

ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "b": "\u0331",
    "d": "\u0323", "t": "\u0361",
}  # fmt: skip
"""Combining marks of text, by command."""

MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304",
    "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
    "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a", "dddot": "\u20db", "ddddot": "\u20dc",
    "overrightarrow": "\u20d7", "overleftarrow": "\u20d6", "underbar": "\u0331", "widecheck": "\u030c",
    "wh": "\u0302", "wt": "\u0303", "ol": "\u0304",
}  # fmt: skip

SYMBOLS = table(
    # Greek
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι "
    "kappa κ varkappa ϰ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ "
    "varsigma ς tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ "
    "Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω "
    # letters and constants
    "ell ℓ hbar ℏ hslash ℏ aleph ℵ beth ℶ wp ℘ imath ı jmath ȷ infty ∞ emptyset ∅ "
    "varnothing ∅ partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ top ⊤ bot ⊥ angle ∠ prime ′ degree ° "
    "circ ∘ "
    # operators
    "times × cdot · div ÷ pm ± mp ∓ ast ∗ star ⋆ bullet • oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ wedge ∧ "
    "land ∧ vee ∨ lor ∨ cap ∩ cup ∪ sqcup ⊔ sqcap ⊓ setminus ∖ backslash \\ neg ¬ lnot ¬ dagger † "
    "dag † ddagger ‡ ddag ‡ triangle △ sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ "
    "bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁ bigwedge ⋀ square □ Box □ blacksquare ■ diamond ⋄ "
    "Diamond ◇ lozenge ◊ ltimes ⋉ rtimes ⋊ wr ≀ amalg ⨿ "
    # relations
    "le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ ll ≪ gg ≫ equiv ≡ approx ≈ sim ∼ simeq ≃ "
    "cong ≅ propto ∝ lesssim ≲ gtrsim ≳ asymp ≍ doteq ≐ coloneqq ≔ triangleq ≜ prec ≺ succ ≻ preceq ⪯ "
    "succeq ⪰ models ⊨ vdash ⊢ dashv ⊣ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ subsetneq ⊊ supset ⊃ "
    "supseteq ⊇ nsubseteq ⊈ perp ⊥ parallel ∥ mid | nmid ∤ lt < gt > "
    # arrows
    "to → rightarrow → longrightarrow ⟶ gets ← leftarrow ← longleftarrow ⟵ leftrightarrow ↔ "
    "longleftrightarrow ⟷ Rightarrow ⇒ Longrightarrow ⟹ implies ⟹ Leftarrow ⇐ impliedby ⟸ "
    "Leftrightarrow ⇔ Longleftrightarrow ⟺ iff ⟺ mapsto ↦ longmapsto ⟼ hookrightarrow ↪ "
    "hookleftarrow ↩ rightharpoonup ⇀ rightleftharpoons ⇌ leadsto ⇝ rightsquigarrow ⇝ "
    "twoheadrightarrow ↠ uparrow ↑ downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ nearrow ↗ searrow ↘ "
    "swarrow ↙ nwarrow ↖ xrightarrow → "
    # fences and dots
    "langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ "
    "lbrace { rbrace } lbrack [ rbrack ] | ‖ ldots … dots … dotsc … dotsb ⋯ cdots ⋯ vdots ⋮ ddots ⋱ colon : "
    "slash / given | rmd d ud d grad ∇ curl ∇× divergence ∇· laplacian ∇² eps ε veps ε vareps ε "
    "therefore ∴ because ∵ nleq ≰ ngeq ≱ nless ≮ ngtr ≯ lneq ⪇ gneq ⪈ leqq ≦ geqq ≧ vDash ⊨ Vdash ⊩ nvdash ⊬ "
    "bowtie ⋈ Join ⋈ triangleleft ◁ triangleright ▷ unlhd ⊴ unrhd ⊵ lhd ⊲ rhd ⊳ vartriangleleft ⊲ "
    "vartriangleright ⊳ trianglelefteq ⊴ trianglerighteq ⊵ sqsubset ⊏ sqsupset ⊐ sqsubseteq ⊑ sqsupseteq ⊒ "
    "curlyeqprec ⋞ curlyeqsucc ⋟ precsim ≾ succsim ≿ preccurlyeq ≼ succcurlyeq ≽ lessapprox ⪅ gtrapprox ⪆ "
    "doteqdot ≑ eqqcolon ≕ coloneq ≔ defeq ≔ eqdef ≝ lessgtr ≶ gtrless ≷ approxeq ≊ thickapprox ≈ thicksim ∼ "
    "subseteqq ⫅ supsetneq ⊋ nsubset ⊄ nsupseteq ⊉ Subset ⋐ Supset ⋑ pitchfork ⋔ between ≬ varpropto ∝ "
    "backsim ∽ smile ⌣ frown ⌢ shortmid ∣ nparallel ∦ leftarrowtail ↢ rightarrowtail ↣ rightrightarrows ⇉ "
    "leftleftarrows ⇇ rightleftarrows ⇄ leftrightarrows ⇆ leftharpoonup ↼ leftharpoondown ↽ rightharpoondown "
    "⇁ leftrightharpoons ⇋ upharpoonright ↾ upharpoonleft ↿ restriction ↾ circlearrowleft ↺ circlearrowright "
    "↻ curvearrowleft ↶ curvearrowright ↷ dashrightarrow ⇢ dashleftarrow ⇠ nrightarrow ↛ nleftarrow ↚ "
    "nRightarrow ⇏ nLeftarrow ⇍ multimap ⊸ looparrowright ↬ looparrowleft ↫ Rrightarrow ⇛ Lleftarrow ⇚ "
    "Downarrow ⇓ Updownarrow ⇕ lightning ↯ rightarrowtriangle ⇾ llbracket ⟦ rrbracket ⟧ ulcorner ⌜ urcorner "
    "⌝ llcorner ⌞ lrcorner ⌟ lgroup ⟮ rgroup ⟯ boxtimes ⊠ boxplus ⊞ boxminus ⊟ boxdot ⊡ uplus ⊎ dotplus ∔ "
    "circledast ⊛ circledcirc ⊚ circleddash ⊝ oslash ⊘ intercal ⊺ barwedge ⊼ veebar ⊻ curlywedge ⋏ curlyvee "
    "⋎ Cap ⋒ Cup ⋓ divideontimes ⋇ leftthreetimes ⋋ rightthreetimes ⋌ smallsetminus ∖ bigcirc ◯ biguplus ⨄ "
    "bigsqcup ⨆ bigodot ⨀ bigstar ★ iiiint ⨌ oiint ∯ triangledown ▽ bigtriangleup △ bigtriangledown ▽ "
    "blacktriangle ▲ blacktriangledown ▼ vartriangle △ blacklozenge ⧫ Diamond ◇ measuredangle ∡ "
    "sphericalangle ∢ complement ∁ surd √ natural ♮ sharp ♯ flat ♭ clubsuit ♣ spadesuit ♠ heartsuit ♥ "
    "diamondsuit ♦ mho ℧ eth ð daleth ℸ gimel ℷ digamma ϝ Bbbk 𝕜 Finv Ⅎ Game ⅁ varUpsilon Υ varGamma Γ "
    "varDelta Δ varTheta Θ varLambda Λ varSigma Σ varPhi Φ varPsi Ψ varOmega Ω dddots ⋱ iddots ⋰ dotsm ⋯ "
    "dotsi ⋯ hdots … "
    # what astronomers have; more of it is set raised, before a decimal point
    "farcs ″. farcm ′. fdg °. arcdeg ° arcsec ″ arcmin ′ degr ° Msun M_⊙ msun M_⊙ Lsun L_⊙ Rsun R_⊙ Zsun Z_⊙ "
    "micron µm "
    # text
    "copyright © textcopyright © "
    "textregistered ® texttrademark ™ pounds £ euro € texteuro € checkmark ✓ cmark ✓ xmark ✗ TeX TeX LaTeX "
    "LaTeX BibTeX BibTeX "
    "textbackslash \\ textbar | textless < textgreater > textasciitilde ~ textasciicircum ^ "
    "textunderscore _ textbullet • textendash – textemdash — textellipsis … textquoteright ’ "
    "textquoteleft ‘ textquotedblleft “ textquotedblright ” textquotesingle ' lq ‘ rq ’ "
    "sun ☉ odotsun ☉ male ♂ female ♀ earth ⊕ "
)

NAMES = _names(
    "log ln lg exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan max min sup inf lim "
    "limsup liminf det dim ker hom arg argmax argmin Pr gcd deg mod bmod tr Tr diag rank sign sgn softmax "
    "poly polylog Re Im Hom Ext Tor Spec Proj GL SL SO SU Sp PSL PGL Aut Out End Gal Sym Alt Mat Pic Br Lie "
    "Ad ad Ind Res id Id im coker Ker Tr ord lcm erf erfc sech csch arcsinh arccosh arctanh arccot arsinh "
    "arcosh artanh KL Var Cov Std Corr Bias span supp dom vol Vol diam dist conv relint prox proj argsort "
    "logit sigmoid softplus ReLU relu GELU MSE SNR Law Lip osc codim esssup essinf plim liminf injlim "
    "projlim"
)
"""Operators that are written as words."""

SPACES = {
    " ": " ", "\n": " ", "\t": " ", ",": " ", ";": " ", ":": " ", ">": " ", "\\": " ", "quad": " ", "qquad": " ",
    "enspace": " ", "thinspace": " ", "space": " ", "newline": " ", "par": "\n\n",
    "!": "", "/": "", "-": "", "@": "",
}  # fmt: skip

ESCAPES = {char: char for char in "%&_#${}"}

PLAIN = _names(
    "mathrm mathbf mathit mathsf mathtt mathnormal mathcal mathscr mathfrak mathop mathbin mathrel mathord "
    "mathpzc boldsymbol bm pmb underline uline smash boxed underbrace overbrace underbracket mathbfit "
    "mathrlap mathllap mathclap symbf symbfit symup"
)
"""Commands that say how their argument looks."""

TEXTUAL = _names(
    "text textit textbf texttt textsc textrm textsf textsl textup textmd textnormal textlf emph mbox hbox "
    "fbox rlap llap clap centerline vcenter uppercase MakeUppercase lowercase ul st hl sout uwave xout "
    "makecell textulc textsw shortstack framebox textnormal textdollar textlarge highlight"
)
"""The same, for an argument that is text even inside math."""

SWITCHES = _names(
    "bf it em rm sc tt sl sf cal bfseries itshape scshape ttfamily rmfamily sffamily upshape mdseries "
    "normalfont hfill hfil vfill newpage clearpage smallskip medskip bigskip displaystyle textstyle "
    "scriptstyle limits nolimits left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl "
    "Biggr bigm tiny small normalsize large Large noindent xspace centering nonumber protect hline toprule "
    "midrule bottomrule strut mathstrut nobreak allowbreak break linebreak nolinebreak pagebreak indent null "
    "relax bigstrut hrulefill dotfill displaylimits unskip ignorespaces"
)
"""Commands without an argument that show nothing."""

BLACKBOARD = table(
    "R ℝ C ℂ Z ℤ N ℕ Q ℚ F 𝔽 E 𝔼 P ℙ H ℍ T 𝕋 K 𝕂 D 𝔻 RR ℝ CC ℂ ZZ ℤ NN ℕ QQ ℚ FF 𝔽 EE 𝔼 PP ℙ reals ℝ 1 𝟙"
)
"""What authors' own macros of one letter, or of two, mostly stand for."""

DOUBLE = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ01",
        "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ𝟘𝟙",
        strict=True,
    )
)
"""Blackboard bold."""

_STYLES = ("b", "bf", "bs", "v", "vec")
TYPED = {
    f"{style}{letter}": letter for style in (*_STYLES, "rv", "ev", "erv", "frak") for letter in ascii_lowercase
}
TYPED |= {
    f"{style}{letter}": letter
    for style in ("c", "cal", "mc", "scr", "s", "m", "rm", "em", "t", "g", "frak", *_STYLES)
    for letter in ascii_uppercase
}
TYPED |= {
    f"{style}{name}": letter
    for name, letter in SYMBOLS.items()
    if len(letter) == 1 and "Α" <= letter <= "ω"
    for style in ("b", "bf", "bs", "bm", "v", "m")
}
TYPED |= {f"bb{letter}": double for letter, double in DOUBLE.items() if letter.isalpha()}
"""Authors' own macros for letters in some type: `\\cL`, `\\bfX`, `\\bbE`, `\\bx`, `\\vtheta`, `\\mSigma`."""

ABBREVIATIONS = {
    "ie": "i.e.", "eg": "e.g.", "etal": "et al.", "etc": "etc.", "wrt": "w.r.t.", "iid": "i.i.d.", "aka": "a.k.a.",
    "cf": "cf.", "vs": "vs.", "resp": "resp.", "Eg": "E.g.", "Ie": "I.e.", "wlog": "w.l.o.g.",
}  # fmt: skip
"""Authors' own macros for abbreviations, as the styles of conferences have them."""

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ⊤*∗⋆′†‡",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ**⋆′†‡",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
