"""Text, and nothing else: TeX to readable Unicode, one normal form for matching, Chinese typography, terms.

`latex` makes arXiv's metadata readable, `normal` brings text to the one form in which it is compared,
`chinese` sets Chinese for display, `masking` protects math and links, `glossary` knows a term's English.
Pure: no clock, no network, and no file but the glossary's own.
"""
