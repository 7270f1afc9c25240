;; guile -L . host.scm PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its
;; answer. Ctrl-C cancels the call: what was begun is in its answer.
(use-modules (resource-plugin) (ice-9 exceptions) (ice-9 match) (ice-9 threads))

(define (number text) (if text (string->number text) 0))

;; Guile runs signal handlers on this thread, between its own steps: it may not wait within the call.
(define (call-in-thread . arguments)
  (let ((result #f))
    (call-with-new-thread
     (lambda () (set! result (call-with-values (lambda () (apply call-plugin arguments)) list))))
    (let wait ()
      (cond (result (apply values result))
            (else (usleep 20000) (wait))))))

(define (main name config hook request timeout-ms cancel-ms)
  (let ((plugin (with-exception-handler
                 (lambda (wrong)
                   (display (exception-message wrong) (current-error-port))
                   (newline (current-error-port))
                   (exit 1))
                 (lambda () (open-plugin name config)))))
    (when cancel-ms
      (call-with-new-thread (lambda () (usleep (* 1000 (number cancel-ms))) (cancel-plugin plugin))))
    (sigaction SIGINT (lambda (signal) (cancel-plugin plugin)))
    (call-with-values (lambda () (call-in-thread plugin hook request (number timeout-ms)))
      (lambda (status answer)
        (format #t "~a\t~a~%" status answer)
        (close-plugin plugin)
        (exit (< status 100))))))

(setlocale LC_ALL "")
(set-port-encoding! (current-output-port) "UTF-8")
(match (cdr (command-line))
  ((name config hook request) (main name config hook request #f #f))
  ((name config hook request timeout-ms) (main name config hook request timeout-ms #f))
  ((name config hook request timeout-ms cancel-ms) (main name config hook request timeout-ms cancel-ms))
  (_ (display "usage: guile -L . host.scm PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]\n" (current-error-port))
     (exit 64)))
