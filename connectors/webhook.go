package connectors

import (
	"slices"

	"github.com/koppel-io/koppel/connectors/rest"
)

// GroupReading returns the group that reads a stream.
func (c *Connector) GroupReading(stream string) (Group, bool) {
	i := slices.IndexFunc(c.groups, func(g Group) bool { return slices.Contains(g.Streams, stream) })
	if i < 0 {
		return Group{}, false
	}
	return c.groups[i], true
}

// Subscriptions are the topics of the subscriptions that a coupling with these
// settings wants, [rest.AllTopics] where one is for all of them, and beside
// them all topics that it wants to be told of. Topics about objects that are
// switched off are not wanted.
func (c *Connector) Subscriptions(settings map[string]any) (subscriptions, topics []string) {
	if c.Webhooks == nil {
		return nil, nil
	}
	topics = c.Webhooks.TopicNames(func(stream string) bool {
		group, ok := c.GroupReading(stream)
		if !ok {
			return false
		}
		for _, object := range group.Objects {
			if on, _ := c.Pulls(object, settings); on {
				return true
			}
		}
		return false
	})
	if c.Webhooks.Per == "coupling" && len(topics) > 0 {
		return []string{rest.AllTopics}, topics
	}
	return topics, topics
}

// TopicsAbout are the topics that tell of a stream, as subscriptions name them.
func (c *Connector) TopicsAbout(stream string) []string {
	if c.Webhooks == nil {
		return nil
	}
	topics := c.Webhooks.TopicNames(func(about string) bool { return about == stream })
	if c.Webhooks.Per == "coupling" && len(topics) > 0 {
		return []string{rest.AllTopics}
	}
	return topics
}
