"""The provider's side: the call there, and what its answer says it used."""
