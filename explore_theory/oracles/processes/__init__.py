"""The oracle of decision processes: visits to states in, actions, rewards and further visits out."""
