"""The offline `docker` plugin: images built, tagged, pushed, pulled and looked up."""
