class EventForwarder:
    def __init__(self, to_function):
        self.to_function = to_function
