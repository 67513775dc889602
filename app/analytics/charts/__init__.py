"""Charts as SVG, made on the server: drawings with a name; the table behind is the template's."""
