"""The pages of one initiative: thin functions around the services."""
