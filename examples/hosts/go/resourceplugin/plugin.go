// Package resourceplugin calls resource plugins through librphost, without cgo. Requests and answers are JSON text.
//
//	plugin, err := resourceplugin.Open("elb_member", `{"cloud": "otc"}`)
//	status, answer := plugin.Call("create", `{"resource": "elb_member", "records": [...]}`, 60000)
package resourceplugin

import (
	"errors"
	"os"

	"github.com/ebitengine/purego"
)

// Plugin is an open plugin. Any goroutine may call it, many at once.
type Plugin struct{ handle uintptr }

var (
	open     = function[func(plugin, config string, length uintptr) uintptr]("open")
	call     = function[func(host uintptr, hook, request string, length uintptr, timeoutMS uint32, onEvent, context uintptr) uintptr]("call")
	status   = function[func(answer uintptr) int32]("status")
	json     = function[func(answer uintptr) string]("json")
	release  = function[func(answer uintptr)]("release")
	wrong    = function[func(host uintptr) string]("error")
	cancel   = function[func(host uintptr, on uint32)]("cancel")
	closeAll = function[func(host uintptr)]("close")
)

func function[F any](name string) (f F) {
	path := os.Getenv("RPHOST_LIBRARY")
	if path == "" {
		path = "librphost.so.0"
	}
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		panic(err)
	}
	purego.RegisterLibFunc(&f, library, "rphost_"+name)
	return f
}

// Open loads a plugin and opens an instance with a configuration.
func Open(name, config string) (*Plugin, error) {
	p := &Plugin{open(name, config, uintptr(len(config)))}
	if words := wrong(p.handle); words != "" {
		p.Close()
		return nil, errors.New(words)
	}
	return p, nil
}

// Call waits for the answer. A timeout of 0 is the plugin's own.
func (p *Plugin) Call(hook, request string, timeoutMS uint32) (int32, string) {
	answer := call(p.handle, hook, request, uintptr(len(request)), timeoutMS, 0, 0)
	defer release(answer)
	return status(answer), json(answer)
}

// Cancel ends all calls that run, within a second; their answers say what was begun.
func (p *Plugin) Cancel() { cancel(p.handle, 1) }

// Close ends the use of a plugin on which no call runs.
func (p *Plugin) Close() { closeAll(p.handle) }
