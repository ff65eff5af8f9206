"""How often a step that touches storage is tried again: outages of a minute pass unnoticed."""

from azure.durable_functions import RetryOptions

STORAGE = RetryOptions(first_retry_interval_in_milliseconds=3000, max_number_of_attempts=20)
