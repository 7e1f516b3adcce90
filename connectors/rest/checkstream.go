package rest

import (
	"slices"
	"time"
)

// check holds a stream to the rules that its keys alone do not say.
func (s *Stream) check(d *decoder, n *node) {
	checkTarget(d, n, &s.Request, "get", "post")
	if s.Each == "" && (s.Children != "" || s.When != nil) {
		d.fail(n, "children and when belong to a stream with each")
	}
	if s.Each != "" && s.Parent != nil {
		d.fail(n, "a stream has each or parent, not both")
	}
	if s.Group != "" {
		d.checkPath(n.get("group"), s.Group)
		if s.Each != "" || s.Parent != nil {
			d.fail(n.get("group"), "a stream whose rows are grouped has no parent stream")
		}
	}
	if s.Each != "" && s.Children == "" {
		s.Children = "changed"
		if s.Since != nil {
			s.Children = "since_each"
		}
	}
	if s.Children == "since_each" && s.Since == nil {
		d.fail(n.get("children"), "since_each needs since on this stream")
	}
	s.Records.whole()
	if s.Each != "" && len(s.Partitions) > 0 {
		d.fail(n.get("partitions"), "a stream that is read per parent has no partitions")
	}
	s.checkDrop(d, n)
	s.checkDecode(d, n)
	s.checkJob(d, n)
	s.checkPage(d, n.get("page"))
	if s.Total != nil {
		s.Total.check(d, n.get("total"), "header", "body")
	}
	s.checkSince(d, n.get("since"))
	s.checkCreated(d, n.get("created"))
	if s.One != nil {
		checkTarget(d, n.get("one"), &s.One.Request, "get", "post")
		s.One.Records.whole()
	}
	if s.Find != nil {
		for key, r := range map[string]*FindBy{"sku": s.Find.SKU, "ean": s.Find.EAN, "number": s.Find.Number} {
			if r != nil {
				checkTarget(d, n.get("find").get(key), &r.Request, "get", "post")
			}
		}
	}
}

func (s *Stream) checkPage(d *decoder, n *node) {
	if n == nil {
		return
	}
	p := &s.Page
	kinds := 0
	for _, given := range []bool{p.Number != "", p.Offset != "", p.Next != nil, p.Token != nil} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		d.fail(n, "exactly one of number, offset, next and token belongs here; leave page out for a single answer")
		return
	}
	if p.Next != nil {
		p.Next.check(d, n.get("next"), "header", "body", "link")
	}
	if p.Token != nil {
		p.Token.Place.check(d, n.get("token"), "header", "body")
	}
	counted := p.Number != "" || p.Offset != ""
	switch {
	case counted && p.End == nil:
		d.fail(n, "paging by number or offset needs end: how is the last page known?")
	case !counted && p.End != nil:
		d.fail(n.get("end"), "next and token end by themselves, where they are absent")
	case !counted && p.Guard:
		d.fail(n.get("shift_guard"), "next and token follow the remote's own position; shift_guard is for number and offset")
	}
	if p.Offset != "" && len(p.Size) != 1 && p.Full == 0 || len(p.Size) > 1 {
		d.fail(n, "size is one query parameter with the page size; offset needs it")
	}
	if p.Full > 0 && (len(p.Size) > 0 || !counted) {
		d.fail(n.get("full"), "full is for paging by number or offset without a size parameter")
	}
	if p.Steady && (!counted || p.Guard || s.Total != nil) {
		d.fail(n.get("steady"), "steady is for paging by number or offset where no total and no shift_guard tells that rows moved")
	}
	if e := p.End; e != nil {
		given := 0
		for _, set := range []bool{e.Header != "", e.Body != "", e.Total, e.Short, e.Empty, e.More != ""} {
			if set {
				given++
			}
		}
		switch {
		case given != 1:
			d.fail(n.get("end"), "exactly one of header, body, total, short, empty and more belongs here")
		case e.Total && s.Total == nil:
			d.fail(n.get("end"), "end by total needs total: on the stream")
		case p.Offset != "" && (e.Header != "" || e.Body != ""):
			d.fail(n.get("end"), "an offset ends by total, short, empty or more; a number of pages belongs to paging by number")
		case p.Guard && e.Empty:
			d.fail(n.get("end"), "shift_guard needs an end that the remote tells: header, body, total or more")
		case e.Short && p.Guard:
			d.fail(n.get("end"), "shift_guard needs an end that the remote tells: header, body, total or more")
		case e.Short && s.Total != nil:
			d.fail(n.get("end"), "a short page is no sign where the remote tells a total; use total")
		case e.Short && len(p.Size) == 0 && p.Full == 0:
			d.fail(n.get("end"), "a short page can only be told where size is given, or full where the remote fixes it")
		}
	}
}

// checkCreated holds created to the rules of since, and to an upper bound.
func (s *Stream) checkCreated(d *decoder, n *node) {
	if n == nil {
		return
	}
	made := *s
	made.Since = s.Created
	made.checkSince(d, n)
	if !made.Since.Bounded() || made.Since.Keyset != "" {
		d.fail(n, "created needs until: it is read between two times")
	}
	made.Since.By = "creation"
}

func (s *Stream) checkSince(d *decoder, n *node) {
	if n == nil {
		return
	}
	if s.Since.Keyset != "" || s.Since.First != "" {
		s.checkKeyset(d, n)
		return
	}
	if s.Since.Layout == "" {
		s.Since.Layout = time.RFC3339
	}
	if s.Since.Zone == "" {
		s.Since.Zone = "UTC"
	}
	if _, err := time.LoadLocation(s.Since.Zone); err != nil {
		d.fail(n.get("zone"), "unknown time zone %s; expected a name such as Europe/Amsterdam", s.Since.Zone)
	}
	if s.Since.By == "" {
		s.Since.By = "change"
	}
	s.checkWindows(d, n)
}

// checkWindows holds reads in spans to what they rest on.
func (s *Stream) checkWindows(d *decoder, n *node) {
	w := s.Since.Windows
	if w == nil {
		if s.Since.Recent != nil {
			d.fail(n.get("recent"), "recent needs windows for a cursor that is older")
		}
		return
	}
	if w.Most == 0 {
		w.Most = 1000
	}
	switch {
	case w.Every <= 0:
		d.fail(n.get("windows"), "every must be above zero")
	case s.Since.Retention == 0:
		d.fail(n.get("windows"), "windows need retention: where does a full read begin?")
	case s.Since.Retention/w.Every >= time.Duration(w.Most):
		d.fail(n.get("windows"), "the retention needs more than %d windows; raise most or every", w.Most)
	}
	if len(s.Since.Query) > 0 || len(s.Since.Until) > 0 || s.Since.LookBack != nil {
		d.fail(n, "windows take the place of query, until and look_back")
	}
	if s.Each != "" {
		d.fail(n.get("windows"), "a stream that is read per parent has no windows")
	}
}

func (p *Place) check(d *decoder, n *node, allowed ...string) {
	if n == nil {
		return
	}
	given := map[string]string{"header": p.Header, "body": p.Body, "link": p.Link}
	count := 0
	for name, value := range given {
		if value == "" {
			continue
		}
		count++
		if !slices.Contains(allowed, name) {
			d.fail(n, "%s does not belong here%s", name, suggest(name, allowed))
		}
		if name == "body" {
			d.checkPath(&node{kind: textNode, text: value, line: n.line, column: n.column, path: n.path}, value)
		}
	}
	if count != 1 {
		d.fail(n, "exactly one of %s belongs here", joinWords(allowed))
	}
}

// checkParents holds each and parent to streams that exist and come before.
func (s *Stream) checkParents(d *decoder, n *node, all Streams) {
	for _, one := range append([]*Stream{s}, s.alternatives()...) {
		for key, name := range map[string]string{"each": one.Each, "parent": one.parentStream()} {
			if name == "" {
				continue
			}
			at := slices.IndexFunc(all, func(other *Stream) bool { return other.Name == name })
			if at < 0 || all[at] == s {
				d.fail(n.get(s.Name), "%s names no other stream: %s", key, name)
			} else if all[at].Each != "" {
				d.fail(n.get(s.Name), "the parent stream %s has a parent itself; one level is supported", name)
			}
		}
	}
}

func (s *Stream) alternatives() (streams []*Stream) {
	for _, v := range s.variants {
		streams = append(streams, v.stream)
	}
	return streams
}

func (s *Stream) parentStream() string {
	if s.Parent == nil {
		return ""
	}
	return s.Parent.Stream
}
