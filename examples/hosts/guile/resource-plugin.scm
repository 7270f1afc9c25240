;; Resource plugins for Guile 3, on librphost. Requests and answers are JSON text.
;;     (define plugin (open-plugin "elb_member" "{\"cloud\": \"otc\"}"))
;;     (call-plugin plugin "create" "{\"resource\": \"elb_member\", \"records\": [...]}" 60000)  -> status, text
(define-module (resource-plugin)
  #:use-module (system foreign)
  #:use-module (system foreign-library)
  #:use-module (ice-9 exceptions)
  #:use-module (rnrs bytevectors)
  #:export (open-plugin call-plugin cancel-plugin close-plugin))

(define library (load-foreign-library (or (getenv "RPHOST_LIBRARY") "librphost.so.0")))
(define (function name result . arguments)
  (foreign-library-function library name #:return-type result #:arg-types arguments))
(define rphost-open (function "rphost_open" '* '* '* size_t))
(define rphost-error (function "rphost_error" '* '*))
(define rphost-call (function "rphost_call" '* '* '* '* size_t uint32 '* '*))
(define rphost-status (function "rphost_status" int32 '*))
(define rphost-json (function "rphost_json" '* '*))
(define rphost-release (function "rphost_release" void '*))
(define rphost-cancel (function "rphost_cancel" void '* uint32))
(define rphost-close (function "rphost_close" void '*))

(define (text->pointer text) (string->pointer text "UTF-8"))
(define (pointer->text pointer) (pointer->string pointer -1 "UTF-8"))
(define (bytes text) (bytevector-length (string->utf8 text)))

(define (open-plugin name config)
  (let* ((plugin (rphost-open (text->pointer name) (text->pointer config) (bytes config)))
         (wrong (rphost-error plugin)))
    (unless (null-pointer? wrong)
      (raise-exception (make-exception-with-message (pointer->text wrong))))
    plugin))

(define* (call-plugin plugin hook request #:optional (timeout-ms 0))
  (let* ((answer (rphost-call plugin (text->pointer hook) (text->pointer request) (bytes request) timeout-ms
                              %null-pointer %null-pointer))
         (status (rphost-status answer))
         (text (pointer->text (rphost-json answer))))
    (rphost-release answer)
    (values status text)))

;; Ends all calls that run, within a second. Any thread.
(define (cancel-plugin plugin) (rphost-cancel plugin 1))
(define (close-plugin plugin) (rphost-close plugin))
