// Command bench is the speed board: it measures the engine beside code written
// by hand for the same job, in the same run, on the same machine, and prints
// one JSON line a bench. Every round checks its rows against the source; a
// wrong row voids the run.
//
//	first_load        the whole pull of a webshop's products, engine beside hand
//	resync_unchanged  the same again with nothing new, and what it writes
//	memory            the worker's peak at a tenth and at the whole of a million records
//	preview           how long the API takes to say what an override would change of 25,000 records
//	fair              how long small runs wait for their start, alone and beside a greedy webshop
//	noop              what a coupling with nothing new costs, with and without its schedule
//	webhooks_in       calls a second that the server takes in durably, beside one insert a request written by hand
//	model             what 10,000 and 100,000 couplings need, computed from what was measured
//	mapping           one field of one record, engine beside hand
//
// The board itself runs Temporal and PostgreSQL's cluster; the source, the
// worker and the hand-written loop are processes of their own, so that each
// one's time and memory can be told apart.
package main
