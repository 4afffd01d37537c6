"""Problem: model, state, fields, loads, stepping."""
