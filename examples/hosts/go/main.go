// go run . PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"resource-plugin.local/hosts/go/resourceplugin"
)

func milliseconds(place int) time.Duration {
	if len(os.Args) <= place {
		return 0
	}
	number, _ := strconv.Atoi(os.Args[place])
	return time.Duration(number) * time.Millisecond
}

func main() {
	plugin, err := resourceplugin.Open(os.Args[1], json.RawMessage(os.Args[2]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx := context.Background()
	if after := milliseconds(6); after > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, after)
		defer cancel()
	}
	status, answer, err := plugin.Call(ctx, os.Args[3], json.RawMessage(os.Args[4]), milliseconds(5))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	plugin.Close()
	fmt.Printf("%d\t%s\n", status, answer)
	if status >= 100 {
		os.Exit(1)
	}
}
