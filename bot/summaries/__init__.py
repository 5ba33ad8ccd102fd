"""Chinese texts for papers: who makes them, and what they must pass before a reader sees them."""
