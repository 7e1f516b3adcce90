// Package storetest gives each test a database of its own in the machine's test cluster, migrated and opened as the
// real roles.
//
// It stores one template database per set of migrations (koppel_template_<hash>), made by the first test that needs
// it, and one clone per test, dropped when the test passed and kept, with its name in the test's output, when it
// failed.
package storetest
