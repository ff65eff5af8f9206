"""What is not done here, by rules whose words are data (`rules.json`, `artists.json`), and by a model where one is
named for it."""
