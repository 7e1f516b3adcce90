// Package verify judges a platform's database by what the demo shop itself
// tells. It shares no code with the engine: it reads the tables and the shop's
// own account of itself, and says from the connector's documentation what each
// row must hold. It keeps nothing.
package verify
