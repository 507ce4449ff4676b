"""Widgets of JupyterLab and of the pages that Voilà serves."""
