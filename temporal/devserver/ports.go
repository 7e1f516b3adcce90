package devserver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// free reports why port cannot be listened on. Temporal and its UI would end the whole process over it.
func free(host string, port int) error {
	if port == 0 {
		return nil
	}
	l, err := net.Listen("tcp", hostPort(host, port))
	if err != nil {
		return fmt.Errorf("port %d is taken: %w", port, err)
	}
	return l.Close()
}

// freePorts gives n different ports that nobody listens on. Each gets one connection that is closed from the
// listening side first: it lingers in TIME_WAIT, and until it is gone Linux gives the port to nobody who asks for
// any free one, while binding to it by number works.
func freePorts(host string, n int) ([]int, error) {
	var ports []int
	for range n {
		port, err := reserve(host)
		if err != nil {
			return nil, fmt.Errorf("devserver: find a free port: %w", err)
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func reserve(host string) (port int, err error) {
	l, err := net.Listen("tcp", hostPort(host, 0))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		return 0, err
	}
	if err := server.Close(); err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("the listener has no TCP address")
	}
	return addr.Port, nil
}
