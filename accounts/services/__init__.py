"""Every change to accounts. Each takes the lock of all people first: such changes are rare, and
rules such as "one administrator stays" read more than the row that changes."""
