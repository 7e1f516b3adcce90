package connectors

import (
	"slices"

	"github.com/koppel-io/koppel"
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

// What reads calls of webhooks, for rooms that know connectors and not their engine.
type (
	// Receiver verifies and reads the calls of one coupling.
	Receiver = rest.Receiver
	// Record is one record of a stream.
	Record = rest.Record
	// Call is one call as it came.
	Call = rest.Call
	// CallEvent is what a call tells.
	CallEvent = rest.Event
)

// AllTopics stands for the topic of a subscription to all of them.
const AllTopics = rest.AllTopics

// ErrUnknownKey marks a call that is signed by a key which has to be fetched.
var ErrUnknownKey = rest.ErrUnknownKey

// Caller is what calls of a coupling's webhooks are verified and read with.
type Caller struct {
	Secrets, App map[string]koppel.Secret
	Captured     map[string]any
	Settings     map[string]any
	Version      string
	// Secret is the subscription's own.
	Secret koppel.Secret
}

// Receiver makes what verifies and reads the calls of a coupling.
func (c *Connector) Receiver(by Caller) (*Receiver, error) {
	return rest.NewReceiver(rest.ClientConfig{
		Manifest: c.Manifest, Credentials: by.Secrets, App: by.App, Captured: by.Captured, Settings: by.Settings, Version: by.Version,
	}, by.Secret)
}
