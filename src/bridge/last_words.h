/*
 * What the user reads when this process ends abruptly: Terraform shows the lines of standard error that begin
 * with "panic: ". Covers crashes of the plugin, its calling exit or abort, and want of memory.
 */
#ifndef RP_BRIDGE_LAST_WORDS_H
#define RP_BRIDGE_LAST_WORDS_H

/* Installs the handlers. The socket and its folder are removed at such an end. All texts are copied. */
void last_words_prepare(const char *plugin);
void last_words_name(const char *plugin, const char *version);
void last_words_socket(const char *socket_path, const char *folder);

/* What this thread does now, for the words: the name of a hook, or NULL. It is not copied. */
void last_words_doing(const char *hook);

/* Gives the calling thread a stack for its handlers, so that an overflow of its own can be told. NULL before
 * that is no more. */
#define LAST_WORDS_STACK 16384
void last_words_stack(char *stack);

_Noreturn void last_words_no_memory(void);

/* Ends the process in order: no words, no exit handlers. */
_Noreturn void last_words_leave(int code);

#endif
