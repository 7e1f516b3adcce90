package store

import (
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// inboxLimit is the most items that the inbox shows of one cause.
const inboxLimit = 1000

// noticeGroup is what the inbox has of one cause and coupling (or webshop, or the installation): the unit of notices.
type noticeGroup struct {
	key     string
	first   InboxItem
	count   int64
	oldest  time.Time
	newest  time.Time
	aged    bool
	webshop *int64
	// fresh: one of its items is handled by nobody.
	fresh bool
}

// groupsOf gathers items of one cause and coupling, in the order of the inbox.
func groupsOf(items []InboxItem, now time.Time) []noticeGroup {
	groups := []noticeGroup{}
	at := map[string]int{}
	for _, i := range items {
		key := string(i.Cause) + "/" + noticePlace(i)
		place, there := at[key]
		if !there {
			place, at[key] = len(groups), len(groups)
			groups = append(groups, noticeGroup{key: key, first: i, oldest: i.Oldest, newest: i.Newest, webshop: i.WebshopID})
		}
		g := &groups[place]
		g.count += i.Count
		if i.Oldest.Before(g.oldest) {
			g.oldest = i.Oldest
		}
		if i.Newest.After(g.newest) {
			g.newest = i.Newest
		}
		if !i.Handled(now) {
			if !g.fresh {
				g.first = i
			}
			g.fresh, g.aged = true, g.aged || i.Aged(now)
		}
	}
	return groups
}

func noticePlace(i InboxItem) string {
	switch {
	case i.CouplingUUID != nil:
		return *i.CouplingUUID
	case i.WebshopUUID != nil:
		return *i.WebshopUUID
	}
	return i.About
}

// noticeChange is a row of notice_told as it becomes, and what is told of it; nothing when entry is nil.
type noticeChange struct {
	told  told
	entry *koppel.NoticeEntry
}

// changesOf compares what is with what was told by a rule.
func changesOf(rule NoticeRule, groups []noticeGroup, before []told, now time.Time) []noticeChange {
	var changes []noticeChange
	items := map[koppel.Cause]int{}
	for _, g := range groups {
		items[g.first.Cause]++
		if !rule.tells(string(g.first.Cause), g.first.Cause.Severity()) {
			continue
		}
		at := slices.IndexFunc(before, func(t told) bool { return t.RuleID == rule.ID && t.Key == g.key })
		if at < 0 {
			if g.fresh && rule.enough(g) {
				changes = append(changes, raise(told{RuleID: rule.ID, Key: g.key, WebshopID: g.webshop, Cause: g.first.Cause}, g, koppel.NewsRaised, now))
			}
			continue
		}
		if c, ok := still(rule, before[at], g, now); ok {
			changes = append(changes, c)
		}
	}
	for _, t := range before {
		gone := t.RuleID == rule.ID && !slices.ContainsFunc(groups, func(g noticeGroup) bool { return g.key == t.Key })
		// What the inbox does not show for its length is not over.
		if !gone || items[t.Cause] >= inboxLimit || !t.Present && t.OverAt != nil {
			continue
		}
		c := noticeChange{told: t}
		c.told.Present = false
		if t.OverAt == nil {
			c.told.OverAt = &now
			if rule.tells(string(t.Cause), t.Cause.Severity()) {
				entry := t.Entry
				entry.News, entry.Next, entry.Owner, entry.Returns = koppel.NewsSolved, "", "", t.Returns
				c.entry = &entry
			}
		}
		changes = append(changes, c)
	}
	return changes
}

// enough: parked records and reviews count beyond a number, or once they are old.
func (r NoticeRule) enough(g noticeGroup) bool {
	if g.first.Cause != koppel.CauseParked && g.first.Cause != koppel.CauseReview {
		return true
	}
	return g.aged || g.count > r.ParkedAbove
}

// still is what becomes of something told that is there: told again after the quiet time, when it came back or there
// is more of it.
func still(rule NoticeRule, t told, g noticeGroup, now time.Time) (noticeChange, bool) {
	came := !t.Present
	if came {
		t.Present, t.Returns = true, t.Returns+1
	}
	more := t.OverAt != nil || g.count > t.Count || g.newest.After(t.Newest)
	if more && g.fresh && rule.enough(g) && now.Sub(t.ToldAt) >= rule.quiet() {
		return raise(t, g, koppel.NewsAgain, now), true
	}
	return noticeChange{told: t}, came
}

func raise(t told, g noticeGroup, news koppel.NoticeNews, now time.Time) noticeChange {
	i := g.first
	entry := koppel.NoticeEntry{
		News: news, Severity: i.Cause.Severity(), Title: i.Cause.Title(), Detail: i.Detail, Webshop: textOf(i.WebshopName), Coupling: textOf(i.CouplingName),
		Count: g.count, Returns: t.Returns, Since: g.oldest, Owner: i.MustAct(), Next: i.NextStep(),
	}
	t.Entry, t.Count, t.Newest, t.ToldAt, t.Present, t.Returns, t.OverAt = entry, g.count, g.newest, now, true, 0, nil
	return noticeChange{told: t, entry: &entry}
}
