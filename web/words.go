package web

import (
	"strings"

	"github.com/koppel-io/koppel"
)

// word is a state for people: what it is called, what it means in a sentence,
// and how the page tones it (good, busy, warn, bad, quiet).
type word struct{ Name, Says, Tone string }

var couplingWords = map[koppel.CouplingState]word{
	koppel.CouplingDraft:       {"Not started", "It has been set up but never switched on. Nothing is read or written yet.", "quiet"},
	koppel.CouplingActivating:  {"Starting", "The credentials are tried and everything is read for the first time, one kind of data after the other.", "busy"},
	koppel.CouplingActive:      {"Active", "It reads and writes by itself, at its schedule.", "good"},
	koppel.CouplingPaused:      {"Paused", "Nothing is read or written until the pause ends. Nothing is lost meanwhile.", "warn"},
	koppel.CouplingNeedsReauth: {"Needs new credentials", "The remote system no longer takes the credentials. Nothing is read or written until the customer connects it again; then it catches up by itself.", "bad"},
	koppel.CouplingDisabled:    {"Switched off", "It was switched off. Nothing is read or written; what it brought has stayed.", "quiet"},
	koppel.CouplingRemoved:     {"Removed", "It was removed and does nothing any more.", "quiet"},
}

var healthWords = map[string]word{
	"ok":       {"Healthy", "Its last runs ended well.", "good"},
	"degraded": {"Needs a look", "Data flows, but some of it did not arrive or could not be proven whole.", "warn"},
	"failing":  {"Failing", "Data does not flow until somebody acts.", "bad"},
}

var runWords = map[koppel.RunState]word{
	koppel.RunQueued:              {"In line", "It starts as soon as the run before it has ended or a worker is free.", "quiet"},
	koppel.RunRunning:             {"Running", "It is reading or writing right now.", "busy"},
	koppel.RunWaiting:             {"Waiting", "It waits for something and goes on by itself.", "warn"},
	koppel.RunSucceeded:           {"Succeeded", "It ended well, and there is proof that everything was read or written.", "good"},
	koppel.RunSucceededWithParked: {"Succeeded, some parked", "It ended well, but some records could not be processed. They are kept with their reason and can be tried again.", "warn"},
	koppel.RunSuspect:             {"Suspect", "It met no error, but there is no proof that it read everything. What it read is kept; the next run starts where the last proven one ended. A person can accept it as it is.", "warn"},
	koppel.RunFailed:              {"Failed", "It could not go on. What it had read before is kept, and nothing was deleted because of it.", "bad"},
	koppel.RunCancelled:           {"Cancelled", "Somebody ended it. What it had read before is kept.", "quiet"},
}

var proposalWords = map[koppel.ProposalState]word{
	koppel.ProposalOpen:       {"Waits for you", "More records are gone in the remote system than may be deleted without asking. Nothing is deleted until a person approves.", "warn"},
	koppel.ProposalApproved:   {"Approved", "A run is carrying the approval out.", "busy"},
	koppel.ProposalApplied:    {"Done", "The records are deleted here too. That can be undone.", "good"},
	koppel.ProposalRejected:   {"Rejected", "A person decided that the records stay.", "quiet"},
	koppel.ProposalSuperseded: {"No longer needed", "The records came back by themselves, or a newer proposal took its place.", "quiet"},
	koppel.ProposalUndoing:    {"Being undone", "A run is bringing the records back.", "busy"},
	koppel.ProposalUndone:     {"Undone", "The records are back.", "quiet"},
}

var writeWords = map[string]word{
	"pending": {"To be sent", "It is sent as soon as a worker is free.", "quiet"},
	"sending": {"Being sent", "It is on its way to the remote system.", "busy"},
	"sent":    {"Sent", "The remote system has it.", "good"},
	"unknown": {"Being looked up", "No answer came, so the remote system is asked whether it has it before anything is sent again.", "warn"},
	"parked":  {"Needs a person", "It could not be sent and waits for somebody to decide.", "bad"},
	"dropped": {"Not needed any more", "Something newer took its place.", "quiet"},
	"cap":     {"Held by the hourly limit", "The webshop's limit of purchase orders an hour is reached; it goes on by itself.", "warn"},
	"stop":    {"Held by a stop", "Somebody stopped writing to remote systems; it goes on when the stop ends.", "warn"},
}

var stepWords = map[koppel.StepState]word{
	koppel.StepPending: {"Still to come", "", "quiet"},
	koppel.StepRunning: {"Under way", "", "busy"},
	koppel.StepDone:    {"Done", "", "good"},
	koppel.StepSkipped: {"Skipped", "", "quiet"},
	koppel.StepFailed:  {"Failed", "", "bad"},
}

var objectWords = map[string]string{
	"suppliers": "Suppliers", "products": "Products", "product_compositions": "Product compositions", "supplier_products": "Supplier products",
	"sell_orders": "Sell orders", "shipments": "Shipments", "buy_orders": "Buy orders", "item_deliveries": "Item deliveries", "customers": "Customers",
	"credentials": "Credentials", "schedules": "Schedules", "webhooks": "Messages from the remote system",
}

// objectWord names an object, or a step of an activation, for people.
func objectWord[S ~string](name S) string {
	if known, ok := objectWords[string(name)]; ok {
		return known
	}
	text := strings.ReplaceAll(string(name), "_", " ")
	if text == "" {
		return "Data"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

var modeWords = map[koppel.Mode]string{
	koppel.ModeFull: "Everything", koppel.ModeSince: "What changed", koppel.ModeWindow: "A span of time", koppel.ModeHistory: "Older history",
	koppel.ModeSingle: "Single records", koppel.ModeReplay: "Mapped again from what is stored", koppel.ModeMerge: "Merged again from what is stored",
	koppel.ModePush: "Write", koppel.ModeProposal: "Carry out a decision on deletions",
	koppel.ModeCompare: "Compared with the remote system",
}

func modeWord(m koppel.Mode) string {
	if text, ok := modeWords[m]; ok {
		return text
	}
	return objectWord(m)
}

var triggerWords = map[koppel.Trigger]string{
	koppel.TriggerActivation: "as part of switching the coupling on", koppel.TriggerSchedule: "by the schedule", koppel.TriggerManual: "by hand",
	koppel.TriggerWebhook: "by a message from the remote system", koppel.TriggerDependency: "because another run needed it",
}

var ownerWords = map[koppel.Owner]string{
	koppel.OwnerCustomer: "the customer", koppel.OwnerVendor: "the vendor of the remote system", koppel.OwnerUs: "us (support or engineering)",
}

var pauseWords = map[koppel.PauseOwner]string{
	koppel.PausedByPerson: "a person", koppel.PausedByAuth: "Koppel, because the credentials were refused",
	koppel.PausedByPolicy: "a rule of the platform", koppel.PausedByQuota: "Koppel, because the remote system's allowance is used up",
}

var goneWords = map[koppel.GoneReason]string{
	"missing": "complete reads no longer list it", "feed": "the remote system says it was deleted", "flag": "the record is marked as deleted",
	"event": "a message said it was deleted", "parent": "what it belonged to is gone",
}

// saidWords are what a page says after a button was pressed.
var saidWords = map[string]string{
	"paused": "The coupling is paused.", "resumed": "Your pause is over. The coupling goes on unless another pause stands.", "activated": "The activation goes on.",
	"checked": "The remote system takes the credentials.", "cancelled": "The run was cancelled.", "accepted": "The run was accepted.",
	"rejected": "The run was rejected.", "approve": "Approved. A run is carrying it out.", "reject": "Rejected. The records stay.",
	"undo": "A run is bringing the records back.", "retried": "It is being tried again.", "nothing": "There was nothing to try again.",
	"acknowledge": "You take care of it. It comes back here when something new happens.", "snooze": "Put off until tomorrow.", "reopen": "It is shown again.",
}
