"""What the service says about itself: pages for people, sources and schemas for programs."""
