// Package temporaltest shows tests what a real Temporal cluster holds: the
// histories of workflows, whether they replay, what of them can be read, and
// schedules. It stores nothing, and only tests use it.
package temporaltest
