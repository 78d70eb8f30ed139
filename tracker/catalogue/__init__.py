"""The catalogue: sources.yaml, checked. An error names file, line, field and what would be right."""
