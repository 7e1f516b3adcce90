package api

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// historyYears is how far back orders are read where no setting says.
const historyYears = 2

// historyFrom is how far back a coupling's history goes: the setting
// history_from, or two years before now.
func historyFrom(c store.Coupling, now time.Time) (time.Time, error) {
	var settings struct {
		From string `json:"history_from"`
	}
	if err := json.Unmarshal(c.Settings, &settings); err != nil {
		return time.Time{}, koppel.Wrap("read history_from", err)
	}
	if settings.From == "" {
		y, m, d := now.UTC().Date()
		return time.Date(y-historyYears, m, d, 0, 0, 0, 0, time.UTC), nil
	}
	from, err := time.Parse(time.DateOnly, settings.From)
	return from, koppel.Wrap("read history_from", err)
}

// checkCreation refuses to read by creation what cannot be read so.
func checkCreation(connector *connectors.Connector, group connectors.Group) error {
	if slices.ContainsFunc(group.Streams, func(name string) bool { s := connector.Stream(name); return s != nil && s.Created != nil }) {
		return nil
	}
	bad := &fieldErrors{}
	bad.add("body.mode", "connector "+connector.Name+" cannot read "+string(group.Name)+" by when they were made; use a window by change, or a full run")
	return bad.err("start sync")
}
