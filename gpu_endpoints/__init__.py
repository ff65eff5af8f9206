"""Model endpoints: stateless job servers that do what needs heavy libraries or a GPU."""
