"""Random histories of readers and papers, lived by the bot and told by a model that knows nothing of how it works.

::

    world    what arXiv announces day by day, and what readers do meanwhile: made from a seed
    living   the bot that lives through it, from the outside: commands in, messages out; it may be killed
    oracle   plain loops over subscriptions and papers: what each digest must hold, and why
"""
