// Package resourceplugin calls resource plugins through librphost, without cgo.
//
//	plugin, err := resourceplugin.Open("elb_member", map[string]any{"cloud": "otc"})
//	status, answer, err := plugin.Call(ctx, "create", request, time.Minute)
package resourceplugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/ebitengine/purego"
)

// Plugin is an open plugin. Any goroutine may call it, many at once.
type Plugin struct{ handle uintptr }

var (
	rphostOpen    func(plugin string, config []byte, length uintptr) uintptr
	rphostError   func(host uintptr) string
	rphostCall    func(host uintptr, hook string, request []byte, length uintptr, timeoutMS uint32, onEvent, context uintptr) uintptr
	rphostStatus  func(answer uintptr) int32
	rphostJSON    func(answer uintptr) string
	rphostRelease func(answer uintptr)
	rphostCancel  func(host uintptr, on uint32)
	rphostClose   func(host uintptr)
)

func init() {
	name := os.Getenv("RPHOST_LIBRARY")
	if name == "" {
		name = "librphost.so.0"
	}
	library, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		panic(err)
	}
	for symbol, function := range map[string]any{
		"rphost_open": &rphostOpen, "rphost_error": &rphostError, "rphost_call": &rphostCall,
		"rphost_status": &rphostStatus, "rphost_json": &rphostJSON, "rphost_release": &rphostRelease,
		"rphost_cancel": &rphostCancel, "rphost_close": &rphostClose,
	} {
		purego.RegisterLibFunc(function, library, symbol)
	}
}

// Open loads a plugin and opens an instance with a configuration.
func Open(name string, config any) (*Plugin, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	plugin := &Plugin{rphostOpen(name, text, uintptr(len(text)))}
	if wrong := rphostError(plugin.handle); wrong != "" {
		plugin.Close()
		return nil, errors.New(wrong)
	}
	return plugin, nil
}

// Call waits for the answer. When ctx is done, all calls of this plugin end within a second; what was begun is in
// their answers.
func (p *Plugin) Call(ctx context.Context, hook string, request any, timeout time.Duration) (int32, json.RawMessage, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return 0, nil, err
	}
	stop := context.AfterFunc(ctx, func() { rphostCancel(p.handle, 1) })
	defer stop()
	answer := rphostCall(p.handle, hook, text, uintptr(len(text)), uint32(timeout.Milliseconds()), 0, 0)
	defer rphostRelease(answer)
	return rphostStatus(answer), json.RawMessage(rphostJSON(answer)), nil
}

// Close ends the use of a plugin on which no call runs.
func (p *Plugin) Close() { rphostClose(p.handle) }
