// Command koppel is the product: server, worker and migrate for operators, and
// every command with which support and engineers look at couplings and runs,
// start syncs and publish connectors over the API.
//
// It stores nothing itself. Configuration of the processes comes from the
// environment (settings.go), that of the support commands from flags, the
// environment and a profile file, in that order (profile.go).
//
// Exit codes are stable (exit.go): 0 done, 1 failed, 2 the command or a value
// in it is wrong, 3 not found, 4 the state does not allow it, 5 the key is
// refused or lacks a scope, 6 a run that was waited for ended not green,
// 7 the API or what it needs does not answer, 130 interrupted.
package main
