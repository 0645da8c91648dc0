HOSTS = ["host-a", "host-b"]
