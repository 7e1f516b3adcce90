// Package mailbox stands in for a mail server: it speaks as much SMTP (RFC
// 5321) as sending one message takes, on loopback, without encryption and
// login, keeps what it took, and refuses on request.
package mailbox

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Mailbox is the stand-in.
type Mailbox struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	letters []Letter
	refusal string
}

// Letter is a message as it came.
type Letter struct {
	From, To string
	// Data is head and body, with line ends of one byte.
	Data string
}

// Listen starts a mailbox on a free port of this machine. Close it.
func Listen() (*Mailbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mailbox{listener: listener}
	m.serving.Go(m.accept)
	return m, nil
}

// Port is where it listens.
func (m *Mailbox) Port() int { return m.listener.Addr().(*net.TCPAddr).Port }

// Refuse makes it answer each recipient so, such as "550 no such user"; "" takes messages again.
func (m *Mailbox) Refuse(answer string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = answer
}

// Letters are the messages it took.
func (m *Mailbox) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Letter(nil), m.letters...)
}

// Close stops it and waits for conversations.
func (m *Mailbox) Close() error {
	err := m.listener.Close()
	m.serving.Wait()
	return err
}

func (m *Mailbox) accept() {
	for {
		conn, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.serving.Go(func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			m.talk(bufio.NewScanner(conn), func(line string) { fmt.Fprintf(conn, "%s\r\n", line) })
		})
	}
}

// talk answers commands until the client leaves.
func (m *Mailbox) talk(lines *bufio.Scanner, say func(string)) {
	say("220 mailbox ESMTP")
	var letter Letter
	for lines.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
		switch verb {
		case "EHLO", "HELO":
			say("250 mailbox")
		case "MAIL":
			letter = Letter{From: address(lines.Text())}
			say("250 ok")
		case "RCPT":
			m.mu.Lock()
			refusal := m.refusal
			m.mu.Unlock()
			if refusal != "" {
				say(refusal)
				continue
			}
			letter.To = address(lines.Text())
			say("250 ok")
		case "DATA":
			if letter.To == "" {
				say("503 no recipient")
				continue
			}
			say("354 go on")
			letter.Data = data(lines)
			m.mu.Lock()
			m.letters = append(m.letters, letter)
			m.mu.Unlock()
			say("250 taken")
		case "RSET", "NOOP":
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("500 unknown")
		}
	}
}

// data reads up to the line with one dot (RFC 5321 section 4.5.2).
func data(lines *bufio.Scanner) string {
	var text strings.Builder
	for lines.Scan() && lines.Text() != "." {
		text.WriteString(strings.TrimPrefix(lines.Text(), ".") + "\n")
	}
	return text.String()
}

// address is what stands between angle brackets.
func address(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	inner, _, _ := strings.Cut(rest, ">")
	return inner
}
