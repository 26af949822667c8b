"""The manners of the REST API (contract/api.md), shared by all resources."""
