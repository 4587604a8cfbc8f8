"""Parts of the HTML report: each makes the markup, or the numbers, of one thing on the page."""
