// go run . PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
// Ctrl-C cancels the call: what was begun is in its answer.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"resource-plugin.local/hosts/go/resourceplugin"
)

func milliseconds(place int) int {
	if len(os.Args) <= place {
		return 0
	}
	number, _ := strconv.Atoi(os.Args[place])
	return number
}

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: go run . PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]")
		os.Exit(64)
	}
	plugin, err := resourceplugin.Open(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	go func() { <-interrupt; plugin.Cancel() }()
	if after := milliseconds(6); after > 0 {
		time.AfterFunc(time.Duration(after)*time.Millisecond, plugin.Cancel)
	}
	status, answer := plugin.Call(os.Args[3], os.Args[4], uint32(milliseconds(5)))
	plugin.Close()
	fmt.Printf("%d\t%s\n", status, answer)
	if status >= 100 {
		os.Exit(1)
	}
}
