"""What the software is made of: its list of parts (SBOM), and whether any of them is known to be vulnerable."""
