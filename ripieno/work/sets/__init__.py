"""DJ sets: what the platform does with `ripieno.music.sets`.

knowing      what planning knows of songs and compositions
keeping      plans and what was known, as blobs beside the set
ordering     a set is asked for
versions     the version that a run is at; failed, cancelled, rolled back
editing      a further version, by edits and words
branching    a further set that begins as a version
planning     a version's plan, and the bridges it misses
speaking     what the persona says
rendering    its mix
talking      what is said to it
explaining   why it is as it is
comparing    two versions beside each other
downloading  its files
showing      as the public API shows it
"""
