// Package mischief is how the fakes misbehave on request: which request a
// fault strikes, and what waiting, hanging up and cutting an answer short look
// like on the wire. What a fault means to one remote system is its fake's.
package mischief
