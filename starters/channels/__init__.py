"""What a customer sent, in whatever form, becomes the one order that everybody here understands."""
