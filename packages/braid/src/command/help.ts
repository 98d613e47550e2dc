export const HELP = `braid: a workflow engine whose operations stream

  braid demo [--db <file>]            three models, a synthesis, an article; again: another version of it
  braid decode <file>                 what a recorded stream says, chunk by chunk; - reads the standard input
      --message                       what it all comes to instead
      --json                          one chunk, or one message, per line in JSON
      --raw                           with every chunk the frame it comes from
      --frames                        the frames themselves, whatever API they belong to
      --api <family>                  such as openai-chat; default: found by the bytes
      --manifest <file>               for an API of your own

What is in a database; --json gives one object per line:

  braid log <db> [<branch>]           the branches as a tree, and what was said on them
      --follow                        and then the run that is going on, as it goes on
  braid runs <db>                     the runs
      --last <n>                      the last so many
      --status <status>               such as interrupted
  braid show <db> <run>               the graph of a run, and what became of each operation
  braid replay <db> <run>             what it said, at the pace it had
      --speed <n>                     so many times faster
      --fast                          all at once
  braid search <db> <words>           the messages with all of these words
      --index                         makes the index first, where there is none
  braid check <db>                    what is wrong with the file; exit code 1 when something is

What changes it:

  braid resume <db> <run> [<program>] goes on with a run that did not complete; a plan with functions is made by
                                      the default export of the program, a function of the session
      --imodel <provider/model>       asked where an operation names no model
  braid fork <db> <branch> <name>     another way on from a branch
      --at <message>                  from the message with this number, or this id
  braid export <db> [<file>]          all of it as lines of JSON
      --branch <name> --as <format>   one branch as the messages of openai or anthropic
      --rescue                        what can still be read of a damaged file
  braid import <db> [<file>]          makes the database of those lines
      --branch <name> --as <format>   makes the branch of the messages of openai or anthropic
  braid prune <db>                    removes old runs, and messages that no branch has
      --keep <n>                      all but the last so many runs
      --older-than <age>              those that ended before: 30d, 12h or a date
      --vacuum                        and makes the file smaller

A run may be named by the end of its id, and the last one as last. braid --version tells the version.
`
