"""Developer's tools. None of them is needed to run the portal from an image."""
