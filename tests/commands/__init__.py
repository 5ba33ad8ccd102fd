"""Commands, tested as conversations over a real database."""
