"""What runs, and when: ``ingest | match | plan | compose | edit_late``.

Every job may run twice, and may be cut off between any two of its transactions: what is stored says what is left.
"""
