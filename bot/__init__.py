"""Sudi 速递: subscribe with one line, read the day's papers in English and Chinese."""
