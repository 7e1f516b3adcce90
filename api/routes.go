package api

import "net/http"

// base is the path of the own family.
const base = "/api/v1"

// The scopes of keys that routes ask for.
const (
	objectsRead    = "objects:read"
	objectsWrite   = "objects:write"
	couplingsRead  = "couplings:read"
	couplingsWrite = "couplings:write"
	syncRun        = "sync:run"
	registryWrite  = "registry:write"
	ordersWrite    = "orders:write"
	webhooksWrite  = "webhooks:write"
	admin          = "admin"
)

// routes is the table: what is not in it cannot be served.
func (s *server) routes() []row {
	get, post, put, patch, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []row{
		{method: get, path: "/health", plain: s.health},
		{method: get, path: "/ready", plain: s.ready},
		{method: get, path: "/metrics", plain: s.metrics},
		{method: get, path: "/openapi.json", plain: s.serveOpenAPI},
		{method: get, path: "/docs", plain: serveDocs},
		{method: post, path: hookPath, plain: s.takeCall},
		{method: put, path: hookPath, plain: s.takeCall},
		{method: get, path: hookPath, plain: s.takeCall},

		{method: post, path: base + "/webshops", id: "createWebshop", scope: admin, installation: true, tag: "Webshops", summary: "Create a webshop", status: http.StatusCreated, add: handle(s, s.createWebshop)},
		{method: get, path: base + "/webshops", id: "listWebshops", scope: couplingsRead, tag: "Webshops", summary: "List webshops", add: handle(s, s.listWebshops)},
		{method: get, path: base + "/webshops/{id}", id: "getWebshop", scope: couplingsRead, tag: "Webshops", summary: "Get a webshop", add: handle(s, s.getWebshop)},
		{method: patch, path: base + "/webshops/{id}", id: "updateWebshop", scope: couplingsWrite, tag: "Webshops", summary: "Change a webshop", add: handle(s, s.updateWebshop)},

		{method: post, path: base + "/couplings", id: "createCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Couple a webshop to a remote system", status: http.StatusCreated, add: handle(s, s.createCoupling)},
		{method: get, path: base + "/couplings", id: "listCouplings", scope: couplingsRead, tag: "Couplings", summary: "List couplings", add: handle(s, s.listCouplings)},
		{method: get, path: base + "/couplings/{id}", id: "getCoupling", scope: couplingsRead, tag: "Couplings", summary: "Get a coupling with its health", add: handle(s, s.getCoupling)},
		{method: patch, path: base + "/couplings/{id}/settings", id: "setCouplingSettings", scope: couplingsWrite, tag: "Couplings", summary: "Change settings; null removes one", add: handle(s, s.setSettings)},
		{method: get, path: base + "/couplings/{id}/mapping", id: "showMapping", scope: couplingsRead, tag: "Mapping", summary: "What a coupling's records mean: the connector's mapping with its overrides", add: handle(s, s.showMapping)},
		{method: put, path: base + "/couplings/{id}/mapping", id: "saveMapping", scope: couplingsWrite, tag: "Mapping", summary: "Save a mapping override and map what is stored again", maxBody: overrideLimit, add: handle(s, s.saveOverride)},
		{method: post, path: base + "/couplings/{id}/mapping/check", id: "checkMapping", scope: couplingsRead, tag: "Mapping", summary: "Check an override without saving it: its expressions and its test cases", maxBody: overrideLimit, add: handle(s, s.checkOverride)},
		{method: post, path: base + "/couplings/{id}/mapping/preview", id: "previewMapping", scope: couplingsRead, tag: "Mapping", summary: "What an override would change of what is stored, without writing it", maxBody: overrideLimit, add: handle(s, s.previewOverride)},
		{method: post, path: base + "/couplings/{id}/mapping/rollback", id: "rollbackMapping", scope: couplingsWrite, tag: "Mapping", summary: "Bring an earlier version of an override back", add: handle(s, s.rollbackOverride)},
		{method: get, path: base + "/couplings/{id}/mapping/versions", id: "listMappingVersions", scope: couplingsRead, tag: "Mapping", summary: "List the versions of an override, newest first", add: handle(s, s.listOverrides)},
		{method: get, path: base + "/couplings/{id}/mapping/versions/{number}", id: "getMappingVersion", scope: couplingsRead, tag: "Mapping", summary: "Get a version of an override", add: handle(s, s.getOverride)},
		{method: get, path: base + "/couplings/{id}/mapping/diff", id: "diffMapping", scope: couplingsRead, tag: "Mapping", summary: "What changed between two versions of an override", add: handle(s, s.diffOverrides)},
		{method: put, path: base + "/couplings/{id}/credentials", id: "setCouplingCredentials", scope: couplingsWrite, tag: "Couplings", summary: "Save credentials and try them", add: handle(s, s.setCredentials)},
		{method: post, path: base + "/couplings/{id}/connect-link", id: "createConnectLink", scope: couplingsWrite, tag: "Couplings", summary: "Make a link by which the customer connects the remote account", status: http.StatusCreated, add: handle(s, s.createConnectLink)},
		{method: post, path: base + "/couplings/{id}/check", id: "checkCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Try the saved credentials", add: handle(s, s.checkCoupling)},
		{method: post, path: base + "/couplings/{id}/activate", id: "activateCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Start or go on with activation", add: handle(s, s.activateCoupling)},
		{method: post, path: base + "/couplings/{id}/pause", id: "pauseCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Stop runs and pushes for a while", add: handle(s, s.pauseCoupling)},
		{method: post, path: base + "/couplings/{id}/resume", id: "resumeCoupling", scope: couplingsWrite, tag: "Couplings", summary: "End a pause", add: handle(s, s.resumeCoupling)},
		{method: get, path: base + "/couplings/{id}/timetable", id: "getTimetable", scope: couplingsRead, tag: "Couplings", summary: "When runs start by themselves, with the next five times", add: handle(s, s.getTimetable)},
		{method: put, path: base + "/couplings/{id}/timetable", id: "setTimetable", scope: couplingsWrite, tag: "Couplings", summary: "Set cron lines, quiet hours and jitter", add: handle(s, s.setTimetable)},
		{method: get, path: base + "/couplings/{id}/cursors", id: "listCursors", scope: couplingsRead, tag: "Couplings", summary: "Up to where each stream was read, and what the next incremental read asks for", add: handle(s, s.listCursors)},
		{method: put, path: base + "/couplings/{id}/cursors/{stream}", id: "setCursor", scope: couplingsWrite, tag: "Couplings", summary: "Set from where the next incremental read of a stream goes on", add: handle(s, s.setCursor)},
		{method: post, path: base + "/couplings/{id}/sync", id: "startSync", scope: syncRun, tag: "Runs", summary: "Start a run", status: http.StatusAccepted, add: handle(s, s.startSync)},
		{method: post, path: base + "/couplings/{id}/compare", id: "compareCoupling", scope: syncRun, tag: "Runs", summary: "Compare the remote with what is stored, by counts and a sample", status: http.StatusAccepted, add: handle(s, s.compareCoupling)},
		{method: get, path: base + "/couplings/{id}/comparisons", id: "listComparisons", scope: couplingsRead, tag: "Runs", summary: "What was found last when the remote was compared, by stream", add: handle(s, s.lastComparisons)},
		{method: get, path: base + "/runs/{id}/comparison", id: "getComparison", scope: couplingsRead, tag: "Runs", summary: "What a run found that compared the remote", add: handle(s, s.getComparison)},

		{method: get, path: base + "/couplings/{id}/hooks", id: "listHooks", scope: couplingsRead, tag: "Webhooks", summary: "List the webhooks of a coupling, by which its remote tells of changes", add: handle(s, s.listHooks)},
		{method: get, path: base + "/hooks/{id}", id: "getHook", scope: couplingsRead, tag: "Webhooks", summary: "Get a webhook", add: handle(s, s.getHook)},
		{method: post, path: base + "/hooks/{id}/rotate", id: "rotateHook", scope: webhooksWrite, tag: "Webhooks", summary: "Give a webhook a new address and secret, at the remote too", add: handle(s, s.rotateHook)},

		{method: get, path: base + "/runs", id: "listRuns", scope: couplingsRead, tag: "Runs", summary: "List runs, newest first", add: handle(s, s.listRuns)},
		{method: get, path: base + "/runs/{id}", id: "getRun", scope: couplingsRead, tag: "Runs", summary: "Get a run with its streams and evidence", add: handle(s, s.getRun)},
		{method: get, path: base + "/runs/{id}/timeline", id: "getRunTimeline", scope: couplingsRead, tag: "Runs", summary: "What happened in a run, in order", add: handle(s, s.getTimeline)},
		{method: get, path: base + "/runs/{id}/live", id: "watchRun", scope: couplingsRead, tag: "Runs", summary: "Watch a run as server-sent events", add: s.addLive},
		{method: post, path: base + "/runs/{id}/cancel", id: "cancelRun", scope: syncRun, tag: "Runs", summary: "Cancel a run", add: handle(s, s.cancelRun)},

		{method: post, path: base + "/runs/{id}/accept", id: "acceptRun", scope: syncRun, tag: "Runs", summary: "Make a suspect run green: its cursors are promoted", add: handle(s, s.acceptRun)},
		{method: post, path: base + "/runs/{id}/reject", id: "rejectRun", scope: syncRun, tag: "Runs", summary: "Note that a suspect run is not taken", add: handle(s, s.rejectRun)},

		{method: get, path: base + "/proposals", id: "listProposals", scope: couplingsRead, tag: "Proposals", summary: "List deletes beyond the delete budget, newest first", add: handle(s, s.listProposals)},
		{method: get, path: base + "/proposals/{id}", id: "getProposal", scope: couplingsRead, tag: "Proposals", summary: "Get a proposal", add: handle(s, s.getProposal)},
		{method: get, path: base + "/proposals/{id}/records", id: "listProposalRecords", scope: couplingsRead, tag: "Proposals", summary: "List the records of a proposal", add: handle(s, s.listProposalItems)},
		{method: post, path: base + "/proposals/{id}/approve", id: "approveProposal", scope: couplingsWrite, tag: "Proposals", summary: "Let the records of a proposal go", status: http.StatusAccepted, add: handle(s, s.approveProposal)},
		{method: post, path: base + "/proposals/{id}/reject", id: "rejectProposal", scope: couplingsWrite, tag: "Proposals", summary: "Keep the records of a proposal", add: handle(s, s.rejectProposal)},
		{method: post, path: base + "/proposals/{id}/undo", id: "undoProposal", scope: couplingsWrite, tag: "Proposals", summary: "Bring the records of an applied proposal back", status: http.StatusAccepted, add: handle(s, s.undoProposal)},

		{method: get, path: base + "/objects/{object}", id: "listObjects", scope: objectsRead, tag: "Objects", summary: "List objects with their sources", add: handle(s, s.listObjects)},
		{method: get, path: base + "/objects/{object}/{id}", id: "getObject", scope: objectsRead, tag: "Objects", summary: "Get an object with its sources", add: handle(s, s.getObject)},
		{method: patch, path: base + "/objects/{object}/{id}", id: "editObject", scope: objectsWrite, tag: "Objects", summary: "Say what an object's fields are, beside the couplings", add: handle(s, s.editObject)},
		{method: get, path: base + "/objects/{object}/{id}/explain", id: "explainObject", scope: objectsRead, tag: "Objects", summary: "Why each field of an object is what it is", add: handle(s, s.explainObject)},
		{method: post, path: base + "/objects/{object}/{id}/merge", id: "mergeObject", scope: objectsWrite, tag: "Objects", summary: "Make an object go into another one", add: handle(s, s.mergeObjects)},
		{method: post, path: base + "/objects/{object}/{id}/link", id: "linkSource", scope: objectsWrite, tag: "Objects", summary: "Bind a source to an object", add: handle(s, s.linkSource)},
		{method: post, path: base + "/objects/{object}/{id}/split", id: "splitObject", scope: objectsWrite, tag: "Objects", summary: "Make a new object of some of an object's sources", add: handle(s, s.splitObject)},
		{method: get, path: base + "/operations", id: "listOperations", scope: objectsRead, tag: "Objects", summary: "List what people linked, merged and split, newest first", add: handle(s, s.listOperations)},
		{method: post, path: base + "/operations/{id}/undo", id: "undoOperation", scope: objectsWrite, tag: "Objects", summary: "Undo a link, merge or split", add: handle(s, s.undoOperation)},
		{method: get, path: base + "/reviews", id: "listReviews", scope: couplingsRead, tag: "Review", summary: "List records that a person has to link", add: handle(s, s.listReviews)},
		{method: post, path: base + "/reviews/{id}/decide", id: "decideReview", scope: objectsWrite, tag: "Review", summary: "Say what a record is", add: handle(s, s.decide)},
		{method: post, path: base + "/reviews/{id}/undo", id: "undoReview", scope: objectsWrite, tag: "Review", summary: "Take a decision back", add: handle(s, s.undecide)},
		{method: get, path: base + "/webshops/{id}/priorities", id: "listPriorities", scope: couplingsRead, tag: "Webshops", summary: "Which coupling wins which fields", add: handle(s, s.listPriorities)},
		{method: put, path: base + "/webshops/{id}/priorities", id: "setPriority", scope: couplingsWrite, tag: "Webshops", summary: "Rank couplings for a field group and merge again", add: handle(s, s.setPriority)},
		{method: post, path: base + "/buy-orders", id: "createBuyOrder", scope: ordersWrite, tag: "Buy orders", summary: "Draft a buy order", status: http.StatusCreated, add: handle(s, s.createBuyOrder)},
		{method: post, path: base + "/buy-orders/{id}/place", id: "placeBuyOrder", scope: ordersWrite, tag: "Buy orders", summary: "Place a buy order and push it", add: handle(s, s.placeBuyOrder)},

		{method: patch, path: base + "/buy-orders/{id}", id: "updateBuyOrder", scope: ordersWrite, tag: "Buy orders", summary: "Change a buy order; edits of a placed one are gathered and pushed", add: handle(s, s.editBuyOrder)},
		{method: post, path: base + "/buy-orders/{id}/cancel", id: "cancelBuyOrder", scope: ordersWrite, tag: "Buy orders", summary: "Cancel a buy order, also in the remote", add: handle(s, s.cancelBuyOrder)},
		{method: get, path: base + "/buy-orders/{id}/preview", id: "previewBuyOrder", scope: couplingsRead, tag: "Buy orders", summary: "Show what a push would send, without sending it", add: handle(s, s.previewBuyOrder)},

		{method: post, path: base + "/buy-orders/{id}/deliveries", id: "bookDelivery", scope: ordersWrite, tag: "Buy orders", summary: "Book what came in on a buy order, or went back", status: http.StatusCreated, add: handle(s, s.bookDelivery)},
		{method: post, path: base + "/sell-orders/{id}/shipments", id: "bookShipment", scope: ordersWrite, tag: "Sell orders", summary: "Book that a sell order was sent", status: http.StatusCreated, add: handle(s, s.bookShipment)},

		{method: get, path: base + "/pushes", id: "listPushes", scope: couplingsRead, tag: "Pushes", summary: "List writes to remotes, newest first", add: handle(s, s.listPushes)},
		{method: get, path: base + "/pushes/{id}", id: "getPush", scope: couplingsRead, tag: "Pushes", summary: "Get a write with where it stands", add: handle(s, s.getPush)},
		{method: post, path: base + "/pushes/{id}/retry", id: "retryPush", scope: syncRun, tag: "Pushes", summary: "Try a parked write again; it is looked up first", add: handle(s, s.retryPush)},
		{method: post, path: base + "/pushes/{id}/resolve", id: "resolvePush", scope: syncRun, tag: "Pushes", summary: "Say what became of a parked write", add: handle(s, s.resolvePush)},
		{method: get, path: base + "/push-stops", id: "listPushStops", scope: couplingsRead, tag: "Pushes", summary: "List what stops pushes", add: handle(s, s.listPushStops)},
		{method: post, path: base + "/push-stops", id: "stopPushes", scope: couplingsWrite, tag: "Pushes", summary: "Stop all pushes of a coupling, webshop, connector or the installation", status: http.StatusCreated, add: handle(s, s.stopPushes)},
		{method: post, path: base + "/push-stops/{id}/end", id: "endPushStop", scope: couplingsWrite, tag: "Pushes", summary: "Let pushes go on", add: handle(s, s.endPushStop)},

		{method: get, path: base + "/parked", id: "listParked", scope: couplingsRead, tag: "Parked", summary: "List records that could not be processed", add: handle(s, s.listParked)},
		{method: get, path: base + "/parked/causes", id: "listParkedCauses", scope: couplingsRead, tag: "Parked", summary: "Count parked records by cause, the most frequent first", add: handle(s, s.listParkedCauses)},
		{method: get, path: base + "/waiting", id: "listWaiting", scope: couplingsRead, tag: "Parked", summary: "List references that wait for what they name", add: handle(s, s.listWaiting)},
		{method: post, path: base + "/parked/{id}/retry", id: "retryParked", scope: syncRun, tag: "Parked", summary: "Read a parked record again", status: http.StatusAccepted, add: handle(s, s.retryParked)},
		{method: get, path: base + "/parked/{id}/body", id: "showParkedBody", scope: objectsRead, tag: "Parked", summary: "Show the body of a parked record", add: handle(s, s.showParkedBody)},
		{method: post, path: base + "/parked/{id}/edit", id: "editParked", scope: syncRun, tag: "Parked", summary: "Correct the body of a parked record and try it again", maxBody: 2 * correctionLimit, add: handle(s, s.editParked)},
		{method: post, path: base + "/parked/retry", id: "retryAllParked", scope: syncRun, tag: "Parked", summary: "Read all parked records of a coupling again", status: http.StatusAccepted, add: handle(s, s.retryAllParked)},
		{method: post, path: base + "/parked/{id}/resolve", id: "resolveParked", scope: syncRun, tag: "Parked", summary: "Take a parked record off the list without mapping it", add: handle(s, s.resolveParked)},
		{method: post, path: base + "/parked/{id}/unresolve", id: "unresolveParked", scope: syncRun, tag: "Parked", summary: "Put a record that a person took off the list back on it", add: handle(s, s.unresolveParked)},
		{method: post, path: base + "/parked/resolve", id: "resolveAllParked", scope: syncRun, tag: "Parked", summary: "Take the parked records of a coupling off the list, by cause", add: handle(s, s.resolveAllParked)},
		{method: post, path: base + "/parked/unresolve", id: "unresolveAllParked", scope: syncRun, tag: "Parked", summary: "Put such records back on the list, by cause", add: handle(s, s.unresolveAllParked)},

		{method: post, path: base + "/webshops/{id}/people/find", id: "findPerson", scope: admin, tag: "People", summary: "Count where a person's data stands", add: handle(s, s.findPerson)},
		{method: post, path: base + "/webshops/{id}/people/erase", id: "erasePerson", scope: admin, tag: "People", summary: "Erase a person's data, also from what comes later", add: handle(s, s.erasePerson)},
		{method: get, path: base + "/webshops/{id}/trace", id: "traceWebshop", scope: couplingsRead, tag: "Support", summary: "What is known of a SKU, EAN, remote id or order number, and what happened to it", add: handle(s, s.traceWebshop)},
		{method: get, path: base + "/inbox", id: "readInbox", scope: couplingsRead, tag: "Support", summary: "What needs a person now, by cause and owner", add: handle(s, s.readInbox)},
		{method: post, path: base + "/inbox/{id}/acknowledge", id: "acknowledgeInbox", scope: couplingsWrite, tag: "Support", summary: "Say that somebody takes care of it; what comes later shows it again", add: handle(s, s.acknowledgeInbox)},
		{method: post, path: base + "/inbox/{id}/snooze", id: "snoozeInbox", scope: couplingsWrite, tag: "Support", summary: "Put it off until a time", add: handle(s, s.snoozeInbox)},
		{method: post, path: base + "/inbox/{id}/note", id: "noteInbox", scope: couplingsWrite, tag: "Support", summary: "Leave a note for the next one", add: handle(s, s.noteInbox)},
		{method: post, path: base + "/inbox/{id}/reopen", id: "reopenInbox", scope: couplingsWrite, tag: "Support", summary: "Show it again", add: handle(s, s.reopenInbox)},

		{method: post, path: base + "/bulk/pause", id: "pauseCouplings", scope: couplingsWrite, tag: "Support", summary: "Pause all couplings of a connector or webshop by policy", add: handle(s, s.bulkPause)},
		{method: post, path: base + "/bulk/resume", id: "resumeCouplings", scope: couplingsWrite, tag: "Support", summary: "End such pauses; what was missed is read by itself", add: handle(s, s.bulkResume)},
		{method: post, path: base + "/bulk/resync", id: "resyncCouplings", scope: syncRun, tag: "Support", summary: "Start runs of every stream group of all couplings of a connector or webshop", add: handle(s, s.bulkResync)},
		{method: post, path: base + "/bulk/upgrade", id: "upgradeCouplings", scope: couplingsWrite, tag: "Support", summary: "Bring all couplings of a connector to its current version, or pin one", add: handle(s, s.bulkUpgrade)},

		{method: post, path: base + "/keys", id: "createKey", scope: admin, tag: "Keys", summary: "Create a key, shown once", status: http.StatusCreated, add: handle(s, s.createKey)},
		{method: get, path: base + "/keys", id: "listKeys", scope: admin, tag: "Keys", summary: "List keys", add: handle(s, s.listKeys)},
		{method: del, path: base + "/keys/{id}", id: "revokeKey", scope: admin, tag: "Keys", summary: "Revoke a key", add: handle(s, s.revokeKey)},

		{method: get, path: base + "/notice-rules", id: "listNoticeRules", scope: couplingsRead, tag: "Notices", summary: "List who is told what by Slack and e-mail", add: handle(s, s.listNoticeRules)},
		{method: post, path: base + "/notice-rules", id: "addNoticeRule", scope: couplingsWrite, tag: "Notices", summary: "Have people told by Slack or e-mail", status: http.StatusCreated, add: handle(s, s.addNoticeRule)},
		{method: get, path: base + "/notice-rules/{id}", id: "getNoticeRule", scope: couplingsRead, tag: "Notices", summary: "Get a notice rule with its newest notices", add: handle(s, s.getNoticeRule)},
		{method: post, path: base + "/notice-rules/{id}/test", id: "testNoticeRule", scope: couplingsWrite, tag: "Notices", summary: "Send a notice at once and tell what became of it", add: handle(s, s.testNoticeRule)},
		{method: del, path: base + "/notice-rules/{id}", id: "removeNoticeRule", scope: couplingsWrite, tag: "Notices", summary: "Remove a notice rule", add: handle(s, s.removeNoticeRule)},

		{method: get, path: base + "/retention", id: "getRetention", scope: admin, installation: true, tag: "Retention", summary: "How long data is kept, and what was deleted", add: handle(s, s.getRetention)},
		{method: put, path: base + "/retention", id: "setRetention", scope: admin, installation: true, tag: "Retention", summary: "Say how long a kind of data is kept", add: handle(s, s.setRetention)},
		{method: get, path: base + "/app-credentials", id: "listAppCredentials", scope: admin, installation: true, tag: "App credentials", summary: "List our own apps at remotes, without their secrets", add: handle(s, s.listAppCredentials)},
		{method: put, path: base + "/app-credentials/{connector}/{environment}", id: "setAppCredential", scope: admin, installation: true, tag: "App credentials", summary: "Keep the secrets of our own app", add: handle(s, s.setAppCredential)},
		{method: del, path: base + "/app-credentials/{connector}/{environment}", id: "removeAppCredential", scope: admin, installation: true, tag: "App credentials", summary: "Shred the secrets of our own app", add: handle(s, s.removeAppCredential)},

		{method: get, path: base + "/connectors", id: "listConnectors", scope: couplingsRead, tag: "Connectors", summary: "List connectors", add: handle(s, s.listConnectors)},
		{method: get, path: base + "/connectors/{name}", id: "getConnector", scope: couplingsRead, tag: "Connectors", summary: "Get a connector with its versions", add: handle(s, s.getConnector)},
		{method: post, path: base + "/connectors", id: "publishConnector", scope: registryWrite, installation: true, tag: "Connectors", summary: "Check and publish a connector", status: http.StatusCreated, maxBody: 2 << 20, add: handle(s, s.publishConnector)},
		{method: post, path: base + "/connectors/{name}/rollback", id: "rollbackConnector", scope: registryWrite, installation: true, tag: "Connectors", summary: "Make an earlier version current", add: handle(s, s.rollbackConnector)},

		{method: post, path: base + "/couplings/{id}/shadow", id: "shadowCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Put a coupling into shadow, where it reads and writes nothing, or take it out", add: handle(s, s.shadowCoupling)},
		{method: post, path: base + "/couplings/{id}/cutover", id: "cutOverCoupling", scope: couplingsWrite, tag: "Couplings", summary: "End a shadow: writes and webhooks on", add: handle(s, s.cutOver)},
		{method: get, path: base + "/couplings/{id}/takeover", id: "getTakeover", scope: couplingsRead, tag: "Couplings", summary: "What another platform has of a coupling beside ours", add: handle(s, s.getTakeover)},
		{method: post, path: base + "/couplings/{id}/takeover", id: "importTakeover", scope: couplingsWrite, tag: "Couplings", summary: "Import rows of another platform's remote-id mapping", maxBody: takeoverLimit, add: handle(s, s.importTakeover)},
		{method: del, path: base + "/couplings/{id}/takeover", id: "clearTakeover", scope: couplingsWrite, tag: "Couplings", summary: "Forget what was imported of another platform", add: handle(s, s.clearTakeover)},
		{method: post, path: base + "/couplings/{id}/disable", id: "disableCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Switch a coupling off; activation brings it back", status: http.StatusAccepted, add: handle(s, s.disableCoupling)},
		{method: del, path: base + "/couplings/{id}", id: "removeCoupling", scope: couplingsWrite, tag: "Couplings", summary: "Remove a coupling for good", status: http.StatusAccepted, add: handle(s, s.removeCoupling)},
	}
}
